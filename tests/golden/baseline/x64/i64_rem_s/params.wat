(module
  (func (param i64 i64) (result i64)
    (i64.rem_s (local.get 0) (local.get 1))))
;; ---- code ----
;; function 0
;;    0  push rbp
;;    1  mov rbp, rsp
;;    4  mov rax, r13
;;    7  test r14, r14
;;    a  jz 0x0000000000000024
;;   10  cmp r14, 0xFFFFFFFFFFFFFFFF
;;   14  jnz 0x000000000000001A
;;   16  xor edx, edx
;;   18  jmp 0x000000000000001F
;;   1a  cqo
;;   1c  idiv r14
;;   1f  mov rax, rdx
;;   22  leave
;;   23  ret
;;   24  mov eax, 0x07
;;   29  call [r12+0x18]
