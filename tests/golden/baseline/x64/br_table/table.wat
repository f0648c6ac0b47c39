(module
  (func (param i32) (result i32)
    (block (block (block (br_table 0 1 2 1 0 2 (local.get 0))) (return (i32.const 1))) (return (i32.const 2))) (i32.const 3)))
;; ---- code ----
;; function 0
;;    0  push rbp
;;    1  mov rbp, rsp
;;    4  mov r13d, r13d
;;    7  mov eax, r13d
;;    a  cmp eax, 0x05
;;    d  jnb 0x000000000000004D
;;   13  lea r11, [0x0000000000000007]
;;   1a  mov eax, [r11+rax*4+0x24]
;;   22  add r11, rax
;;   25  jmp r11
;;   2b  .int body+0x38
;;   2f  .int body+0x3f
;;   33  .int body+0x46
;;   37  .int body+0x3f
;;   3b  .int body+0x38
;;   3f  mov eax, 0x01
;;   44  leave
;;   45  ret
;;   46  mov eax, 0x02
;;   4b  leave
;;   4c  ret
;;   4d  mov eax, 0x03
;;   52  leave
;;   53  ret
