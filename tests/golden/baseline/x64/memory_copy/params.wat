(module
  (memory 1)
  (func (param i32 i32 i32)
    (memory.copy (local.get 0) (local.get 1) (local.get 2))))
;; ---- code ----
;; function 0
;;    0  push rbp
;;    1  mov rbp, rsp
;;    4  sub rsp, 0x20
;;    8  mov [rbp-0x08], r12
;;    c  mov r13d, r13d
;;    f  mov r14d, r14d
;;   12  mov r15d, r15d
;;   15  mov [rbp-0x10], r13d
;;   19  mov [rbp-0x18], r14d
;;   1d  mov [rbp-0x20], r15d
;;   21  mov rcx, r14
;;   24  mov rdx, r13
;;   27  mov r8, r15
;;   2a  xor esi, esi
;;   2c  mov rdi, r12
;;   2f  mov rax, [r12+0x20]
;;   34  call [rax+0x10]
;;   37  leave
;;   38  ret
