(module
  (type $t (sub (func (result i32))))
  (type $u (sub $t (func (result i32))))
  (table 4 funcref)
  (func (param i32) (result i32)
    (call_indirect (type $u) (local.get 0))))
;; ---- code ----
;; function 0
;;    0  push rbp
;;    1  mov rbp, rsp
;;    4  sub rsp, 0x10
;;    8  mov [rbp-0x08], r12
;;    c  mov r13d, r13d
;;    f  mov [rbp-0x10], r13d
;;   13  mov rbx, [r12+0xC0]
;;   1b  cmp r13, [rbx+0x08]
;;   1f  jnb 0x0000000000000076
;;   25  mov rbx, [rbx]
;;   28  mov rbx, [rbx+r13*8]
;;   2c  test rbx, rbx
;;   2f  jz 0x0000000000000080
;;   35  mov r11d, [rbx+0x10]
;;   39  cmp r11d, [r12+0xD4]
;;   41  jz 0x0000000000000066
;;   47  and r11d, 0x3FFFFFFF
;;   4e  shl r11, 0x03
;;   52  add r11, [r12+0x28]
;;   57  mov r11, [r11]
;;   5a  mov r11d, [r11+0x1C]
;;   5e  cmp r11d, [r12+0xD4]
;;   66  jnz 0x000000000000008D
;;   6c  mov r12, [rbx+0x08]
;;   70  call [rbx]
;;   72  mov eax, eax
;;   74  leave
;;   75  ret
;;   76  mov eax, 0x04
;;   7b  call [r12+0x18]
;;   80  mov rcx, r13
;;   83  mov eax, 0x05
;;   88  call [r12+0x18]
;;   8d  mov eax, 0x06
;;   92  call [r12+0x18]
