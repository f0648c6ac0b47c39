(module
  (func (param i64 i64) (result i32)
    (i64.lt_u (local.get 0) (local.get 1))))
;; ---- code ----
;; function 0
;;    0  push rbp
;;    1  mov rbp, rsp
;;    4  cmp r13, r14
;;    7  setb al
;;    a  movzx eax, al
;;    d  leave
;;    e  ret
