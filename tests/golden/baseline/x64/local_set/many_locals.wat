(module
  (func (param i32) (result i64) (local i64 i64 i64 i64 i64 i64 i64 i64 i64 i64)
    (local.set 1 (i64.add (local.get 1) (local.get 2))) (local.set 2 (i64.add (local.get 2) (local.get 3))) (local.set 3 (i64.add (local.get 3) (local.get 4))) (local.set 4 (i64.add (local.get 4) (local.get 5))) (local.set 5 (i64.add (local.get 5) (local.get 6))) (local.set 6 (i64.add (local.get 6) (local.get 7))) (local.set 7 (i64.add (local.get 7) (local.get 8))) (local.set 8 (i64.add (local.get 8) (local.get 9))) (local.set 9 (i64.add (local.get 9) (local.get 10))) (local.set 10 (i64.add (local.get 10) (local.get 1))) (local.get 10)))
;; ---- code ----
;; function 0
;;    0  push rbp
;;    1  mov rbp, rsp
;;    4  sub rsp, 0x20
;;    8  xor r10d, r10d
;;    b  mov [rbp-0x10], r10
;;    f  mov [rbp-0x18], r10
;;   13  mov [rbp-0x20], r10
;;   17  xor r15d, r15d
;;   1a  xor r14d, r14d
;;   1d  add r14, r15
;;   20  xor edi, edi
;;   22  add r15, rdi
;;   25  xor esi, esi
;;   27  add rdi, rsi
;;   2a  xor r9d, r9d
;;   2d  add rsi, r9
;;   30  xor r10d, r10d
;;   33  add r9, r10
;;   36  add r10, [rbp-0x10]
;;   3a  mov rax, [rbp-0x10]
;;   3e  add rax, [rbp-0x18]
;;   42  mov [rbp-0x10], rax
;;   46  mov rax, [rbp-0x18]
;;   4a  add rax, [rbp-0x20]
;;   4e  mov [rbp-0x18], rax
;;   52  xor eax, eax
;;   54  add rax, [rbp-0x20]
;;   58  mov [rbp-0x20], rax
;;   5c  xor r13d, r13d
;;   5f  add r13, r14
;;   62  mov rax, r13
;;   65  leave
;;   66  ret
