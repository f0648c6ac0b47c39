(module
  (func (param i32) (result i32)
    (i32.add (local.get 0) (i32.const 7))))
;; ---- code ----
;; function 0
;;    0  push rbp
;;    1  mov rbp, rsp
;;    4  mov r13d, r13d
;;    7  lea eax, [r13+0x07]
;;    b  leave
;;    c  ret
