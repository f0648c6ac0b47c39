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
;;   1a  mov rbx, [r12+0x70]
;;   1f  cmp r14, [rbx+0x08]
;;   23  jnb 0x0000000000000055
;;   29  mov rbx, [rbx]
;;   2c  mov rbx, [rbx+r14*8]
;;   30  test rbx, rbx
;;   33  jz 0x000000000000005F
;;   39  mov r11d, [r12+0x80]
;;   41  cmp r11d, [rbx+0x10]
;;   45  jnz 0x0000000000000069
;;   4b  mov r12, [rbx+0x08]
;;   4f  call [rbx]
;;   51  mov eax, eax
;;   53  leave
;;   54  ret
;;   55  mov eax, 0x04
;;   5a  call [r12+0x18]
;;   5f  mov eax, 0x05
;;   64  call [r12+0x18]
;;   69  mov eax, 0x06
;;   6e  call [r12+0x18]
