(module
  (func (param i32) (result i64)
    (i64.extend_i32_u (local.get 0))))
;; ---- code ----
;; function 0
;;    0  push rbp
;;    1  mov rbp, rsp
;;    4  mov r13d, r13d
;;    7  mov eax, r13d
;;    a  leave
;;    b  ret
