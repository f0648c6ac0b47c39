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
;;   13  mov rbx, [r12+0x40]
;;   18  cmp r13, [rbx+0x08]
;;   1c  jnb 0x000000000000006D
;;   22  mov rbx, [rbx]
;;   25  mov rbx, [rbx+r13*8]
;;   29  test rbx, rbx
;;   2c  jz 0x0000000000000077
;;   32  mov r11d, [rbx+0x10]
;;   36  cmp r11d, [r12+0x54]
;;   3b  jz 0x000000000000005D
;;   41  and r11d, 0x3FFFFFFF
;;   48  shl r11, 0x03
;;   4c  add r11, [r12+0x30]
;;   51  mov r11, [r11]
;;   54  mov r11d, [r11+0x1C]
;;   58  cmp r11d, [r12+0x54]
;;   5d  jnz 0x0000000000000084
;;   63  mov r12, [rbx+0x08]
;;   67  call [rbx]
;;   69  mov eax, eax
;;   6b  leave
;;   6c  ret
;;   6d  mov eax, 0x04
;;   72  call [r12+0x18]
;;   77  mov rcx, r13
;;   7a  mov eax, 0x05
;;   7f  call [r12+0x18]
;;   84  mov eax, 0x06
;;   89  call [r12+0x18]
