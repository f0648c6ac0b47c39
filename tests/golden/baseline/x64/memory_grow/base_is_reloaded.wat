(module
  (memory 1)
  (func (param i32) (result i32)
    (i32.store (local.get 0) (i32.const 1)) (drop (memory.grow (i32.const 1))) (i32.load (local.get 0))))
;; ---- code ----
;; function 0
;;    0  push rbp
;;    1  mov rbp, rsp
;;    4  sub rsp, 0x10
;;    8  mov [rbp-0x08], r12
;;    c  mov r13d, r13d
;;    f  mov rbx, [r12+0x08]
;;   14  mov dword ptr [rbx+r13*1], 0x01
;;   1c  mov [rbp-0x10], r13d
;;   20  mov edx, 0x01
;;   25  xor esi, esi
;;   27  mov rdi, r12
;;   2a  mov rax, [r12+0x20]
;;   2f  call [rax]
;;   31  mov eax, eax
;;   33  mov r13d, [rbp-0x10]
;;   37  mov r12, [rbp-0x08]
;;   3b  mov rbx, [r12+0x08]
;;   40  mov eax, [rbx+r13*1]
;;   44  leave
;;   45  ret
