(module
  (func (param i32 i32 i32) (result i32)
    (select (local.get 0) (local.get 1) (i32.lt_s (local.get 2) (i32.const 5)))))
;; ---- code ----
;; function 0
;;    0  push rbp
;;    1  mov rbp, rsp
;;    4  mov r13d, r13d
;;    7  mov r14d, r14d
;;    a  mov r15d, r15d
;;    d  cmp r15d, 0x05
;;   11  mov eax, r13d
;;   14  cmovnl eax, r14d
;;   18  leave
;;   19  ret
