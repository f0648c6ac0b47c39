(module
  (func (param i32 i32) (result i32)
    (i32.div_s (local.get 0) (local.get 1))))
;; ---- code ----
;; function 0
;;    0  push rbp
;;    1  mov rbp, rsp
;;    4  mov r13d, r13d
;;    7  mov r14d, r14d
;;    a  mov eax, r13d
;;    d  test r14d, r14d
;;   10  jz 0x000000000000002E
;;   16  cmp r14d, 0xFFFFFFFF
;;   1a  jnz 0x0000000000000028
;;   1c  mov r11d, eax
;;   1f  neg r11d
;;   22  jo 0x0000000000000038
;;   28  cdq
;;   29  idiv r14d
;;   2c  leave
;;   2d  ret
;;   2e  mov eax, 0x07
;;   33  call [r12+0x18]
;;   38  mov eax, 0x08
;;   3d  call [r12+0x18]
