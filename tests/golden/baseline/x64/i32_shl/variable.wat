(module
  (func (param i32 i32) (result i32)
    (i32.shl (local.get 0) (local.get 1))))
;; ---- code ----
;; function 0
;;    0  push rbp
;;    1  mov rbp, rsp
;;    4  mov r13d, r13d
;;    7  mov r14d, r14d
;;    a  shlx eax, r13d, r14d
;;    f  leave
;;   10  ret
