(module
  (memory 1)
  (func (param i32)
    (i32.store8 offset=3 (local.get 0) (i32.const 65))))
;; ---- code ----
;; function 0
;;    0  push rbp
;;    1  mov rbp, rsp
;;    4  mov r13d, r13d
;;    7  mov rbx, [r12+0x08]
;;    c  mov byte ptr [rbx+r13*1+0x03], 0x41
;;   12  leave
;;   13  ret
