(module
  (type $t (func (param i32) (result i32))) (table 4 funcref)
  (func (param i32 i32) (result i32)
    (call_indirect (type $t) (local.get 0) (local.get 1))))
;; ---- code ----
;; function 0
;;    0  push rbp
;;    1  mov rbp, rsp
;;    4  sub rsp, 0x20
;;    8  mov [rbp-0x08], r12
;;    c  mov r13d, r13d
;;    f  mov r14d, r14d
;;   12  mov [rbp-0x10], r13d
;;   16  mov [rbp-0x18], r14d
;;   1a  mov rbx, [r12+0x40]
;;   1f  cmp r14, [rbx+0x08]
;;   23  jnb 0x0000000000000052
;;   29  mov rbx, [rbx]
;;   2c  mov rbx, [rbx+r14*8]
;;   30  test rbx, rbx
;;   33  jz 0x000000000000005C
;;   39  mov r11d, [rbx+0x10]
;;   3d  cmp r11d, [r12+0x50]
;;   42  jnz 0x0000000000000069
;;   48  mov r12, [rbx+0x08]
;;   4c  call [rbx]
;;   4e  mov eax, eax
;;   50  leave
;;   51  ret
;;   52  mov eax, 0x04
;;   57  call [r12+0x18]
;;   5c  mov rcx, r14
;;   5f  mov eax, 0x05
;;   64  call [r12+0x18]
;;   69  mov eax, 0x06
;;   6e  call [r12+0x18]
