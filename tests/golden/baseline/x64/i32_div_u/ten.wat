(module
  (func (param i32) (result i32)
    (i32.div_u (local.get 0) (i32.const 10))))
;; ---- code ----
;; function 0
;;    0  push rbp
;;    1  mov rbp, rsp
;;    4  mov r13d, r13d
;;    7  mov r11d, 0xCCCCCCCD
;;    d  imul r11, r13
;;   11  mov rax, r11
;;   14  shr rax, 0x23
;;   18  leave
;;   19  ret
