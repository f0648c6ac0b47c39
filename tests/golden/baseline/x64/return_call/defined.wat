(module
  (func (param i32 i32) (result i32)
    (return_call 0 (local.get 1) (local.get 0))))
;; ---- code ----
;; function 0
;;    0  push rbp
;;    1  mov rbp, rsp
;;    4  mov r13d, r13d
;;    7  mov r14d, r14d
;;    a  xchg r13, r14
;;    d  leave
;;    e  jmp 0x0000000000000000
