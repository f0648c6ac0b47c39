;; options: checked
(module
  (memory 1)
  (func (param i32) (result i32)
    (i32.load offset=16 (local.get 0))))
;; ---- code ----
;; function 0
;;    0  push rbp
;;    1  mov rbp, rsp
;;    4  mov r13d, r13d
;;    7  mov rbx, [r12+0x08]
;;    c  lea r11, [r13+0x14]
;;   10  cmp r11, [r12+0x10]
;;   15  jnbe 0x0000000000000022
;;   1b  mov eax, [rbx+r13*1+0x10]
;;   20  leave
;;   21  ret
;;   22  mov eax, 0x02
;;   27  call [r12+0x18]
