(module
  (table 1 funcref)
  (func (param i32) (result funcref)
    (table.get (local.get 0))))
;; ---- code ----
;; function 0
;;    0  push rbp
;;    1  mov rbp, rsp
;;    4  mov r13d, r13d
;;    7  mov r11, [r12+0x40]
;;    c  cmp r13, [r11+0x08]
;;   10  jnb 0x000000000000001F
;;   16  mov r11, [r11]
;;   19  mov rax, [r11+r13*8]
;;   1d  leave
;;   1e  ret
;;   1f  mov eax, 0x03
;;   24  call [r12+0x18]
