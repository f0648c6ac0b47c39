(module
  (memory 1)
  (func (param i32 f64)
    (f64.store (local.get 0) (local.get 1))))
;; ---- code ----
;; function 0
;;    0  push rbp
;;    1  mov rbp, rsp
;;    4  mov r13d, r13d
;;    7  mov rbx, [r12+0x08]
;;    c  vmovsd [rbx+r13*1], xmm0
;;   12  leave
;;   13  ret
