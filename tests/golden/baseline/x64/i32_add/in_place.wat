(module
  (func (param i32 i32) (result i32)
    (local.set 0 (i32.add (local.get 0) (local.get 1)))
    (local.set 0 (i32.add (local.get 1) (local.get 0)))
    (local.get 0)))
;; ---- code ----
;; function 0
;;    0  push rbp
;;    1  mov rbp, rsp
;;    4  mov r13d, r13d
;;    7  mov r14d, r14d
;;    a  add r13d, r14d
;;    d  add r13d, r14d
;;   10  mov rax, r13
;;   13  leave
;;   14  ret
