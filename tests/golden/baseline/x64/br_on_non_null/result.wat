(module
  (type $t (func))
  (func (param (ref null $t))
    (block $l (result (ref $t))
      (br_on_non_null $l (local.get 0))
      (return))
    (call_ref $t)))
;; ---- code ----
;; function 0
;;    0  push rbp
;;    1  mov rbp, rsp
;;    4  sub rsp, 0x10
;;    8  mov [rbp-0x08], r12
;;    c  test r13, r13
;;    f  mov rax, r13
;;   12  jnz 0x000000000000001A
;;   18  leave
;;   19  ret
;;   1a  mov [rbp-0x10], r13
;;   1e  mov rbx, rax
;;   21  test rbx, rbx
;;   24  jz 0x0000000000000032
;;   2a  mov r12, [rbx+0x08]
;;   2e  call [rbx]
;;   30  leave
;;   31  ret
;;   32  mov eax, 0x17
;;   37  call [r12+0x18]
