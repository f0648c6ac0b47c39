(module
  (func (result i64)
    (i64.const 0x123456789abcdef)))
;; ---- code ----
;; function 0
;;    0  push rbp
;;    1  mov rbp, rsp
;;    4  mov rax, 0x123456789ABCDEF
;;    e  leave
;;    f  ret
