(module
  (type $t (func))
  (func (param (ref null $t)) (result (ref $t))
    (ref.as_non_null (local.get 0))))
;; ---- code ----
;; function 0
;;    0  push rbp
;;    1  mov rbp, rsp
;;    4  test r13, r13
;;    7  jz 0x0000000000000012
;;    d  mov rax, r13
;;   10  leave
;;   11  ret
;;   12  mov eax, 0x0A
;;   17  call [r12+0x18]
