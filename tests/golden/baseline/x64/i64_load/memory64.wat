(module
  (memory i64 1)
  (memory $other i64 1)
  ;; Within the minimum: one compare.
  (func (param i64) (result i64)
    (i64.load offset=16 (local.get 0)))
  ;; Beyond it: the size may be too small for the subtraction.
  (func (param i64) (result i64)
    (i64.load offset=65536 (local.get 0)))
  ;; The sum of address and offset may wrap.
  (func (param i64) (result i64)
    (i64.load offset=0x100000000 (local.get 0)))
  ;; Nothing can be in bounds.
  (func (param i64) (result i64)
    (i64.load offset=0xfffffffffffffff9 (local.get 0)))
  (func (result i64)
    (i64.load (i64.const 8)))
  (func (param i64) (result i64)
    (i64.load $other (local.get 0))))
;; ---- code ----
;; function 0
;;    0  push rbp
;;    1  mov rbp, rsp
;;    4  mov rbx, [r12+0x08]
;;    9  mov r11, [r12+0x10]
;;    e  sub r11, 0x18
;;   12  cmp r13, r11
;;   15  jnbe 0x0000000000000022
;;   1b  mov rax, [rbx+r13*1+0x10]
;;   20  leave
;;   21  ret
;;   22  mov eax, 0x02
;;   27  call [r12+0x18]
;; function 1
;;    0  push rbp
;;    1  mov rbp, rsp
;;    4  mov rbx, [r12+0x08]
;;    9  mov r11, [r12+0x10]
;;    e  sub r11, 0x10008
;;   15  jb 0x000000000000002E
;;   1b  cmp r13, r11
;;   1e  jnbe 0x0000000000000038
;;   24  mov rax, [rbx+r13*1+0x10000]
;;   2c  leave
;;   2d  ret
;;   2e  mov eax, 0x02
;;   33  call [r12+0x18]
;;   38  mov eax, 0x02
;;   3d  call [r12+0x18]
;; function 2
;;    0  push rbp
;;    1  mov rbp, rsp
;;    4  mov rbx, [r12+0x08]
;;    9  mov r11, 0x100000008
;;   13  add r11, r13
;;   16  jb 0x000000000000002E
;;   1c  cmp r11, [r12+0x10]
;;   21  jnbe 0x0000000000000038
;;   27  mov rax, [rbx+r11*1-0x08]
;;   2c  leave
;;   2d  ret
;;   2e  mov eax, 0x02
;;   33  call [r12+0x18]
;;   38  mov eax, 0x02
;;   3d  call [r12+0x18]
;; function 3
;;    0  push rbp
;;    1  mov rbp, rsp
;;    4  mov rbx, [r12+0x08]
;;    9  jmp 0x0000000000000013
;;    e  mov rax, [rbx]
;;   11  leave
;;   12  ret
;;   13  mov eax, 0x02
;;   18  call [r12+0x18]
;; function 4
;;    0  push rbp
;;    1  mov rbp, rsp
;;    4  mov rbx, [r12+0x08]
;;    9  mov r11d, 0x10
;;    f  cmp r11, [r12+0x10]
;;   14  jnbe 0x0000000000000021
;;   1a  mov rax, [rbx+r11*1-0x08]
;;   1f  leave
;;   20  ret
;;   21  mov eax, 0x02
;;   26  call [r12+0x18]
;; function 5
;;    0  push rbp
;;    1  mov rbp, rsp
;;    4  mov rbx, [r12+0x48]
;;    9  mov r11, [rbx+0x08]
;;    d  sub r11, 0x08
;;   11  cmp r13, r11
;;   14  jnbe 0x0000000000000023
;;   1a  mov rbx, [rbx]
;;   1d  mov rax, [rbx+r13*1]
;;   21  leave
;;   22  ret
;;   23  mov eax, 0x02
;;   28  call [r12+0x18]
