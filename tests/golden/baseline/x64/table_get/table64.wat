(module
  (table i64 1 funcref)
  (func (param i64) (result funcref)
    (table.get (local.get 0))))
;; ---- code ----
;; function 0
;;    0  push rbp
;;    1  mov rbp, rsp
;;    4  mov r11, [r12+0x40]
;;    9  cmp r13, [r11+0x08]
;;    d  jnb 0x000000000000001C
;;   13  mov r11, [r11]
;;   16  mov rax, [r11+r13*8]
;;   1a  leave
;;   1b  ret
;;   1c  mov eax, 0x03
;;   21  call [r12+0x18]
