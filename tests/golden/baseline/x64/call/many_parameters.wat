(module
  (func (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32 i32 i32)
    (call 0 (local.get 11) (local.get 1) (local.get 2) (local.get 3) (local.get 4) (local.get 5) (local.get 6) (local.get 7) (local.get 8) (local.get 9) (local.get 10) (local.get 0))))
;; ---- code ----
;; function 0
;;    0  push rbp
;;    1  mov rbp, rsp
;;    4  sub rsp, 0x80
;;    b  mov [rbp-0x08], r12
;;    f  mov [rbp-0x50], r8d
;;   13  mov [rbp-0x58], r9d
;;   17  mov [rbp-0x60], r11d
;;   1b  mov [rbp-0x68], eax
;;   1e  mov r9d, edx
;;   21  mov r10d, ecx
;;   24  mov esi, esi
;;   26  mov edi, edi
;;   28  mov r13d, r13d
;;   2b  mov r14d, r14d
;;   2e  mov r15d, r15d
;;   31  mov rbx, [r12]
;;   35  mov rbx, [rbx+0x18]
;;   39  mov r11d, [rbx]
;;   3c  mov [rbp-0x48], r11d
;;   40  mov [rbp-0x10], r13d
;;   44  mov [rbp-0x18], r14d
;;   48  mov [rbp-0x20], r15d
;;   4c  mov [rbp-0x28], edi
;;   4f  mov [rbp-0x30], esi
;;   52  mov [rbp-0x38], r9d
;;   56  mov [rbp-0x40], r10d
;;   5a  mov rbx, [r12]
;;   5e  mov rbx, [rbx+0x18]
;;   62  mov [rbx], r13d
;;   65  mov rcx, r10
;;   68  mov rdx, r9
;;   6b  mov r13d, [rbp-0x48]
;;   6f  mov r8d, [rbp-0x50]
;;   73  mov r9d, [rbp-0x58]
;;   77  mov r11d, [rbp-0x60]
;;   7b  mov eax, [rbp-0x68]
;;   7e  call 0x0000000000000000
;;   83  mov r12, [rbp-0x08]
;;   87  mov rbx, [r12]
;;   8b  mov rbx, [rbx+0x18]
;;   8f  mov r11, [rbx]
;;   92  mov [rbp-0x80], r11
;;   96  mov eax, eax
;;   98  mov edx, edx
;;   9a  mov r11, [r12]
;;   9e  mov r11, [r11+0x18]
;;   a2  mov ebx, [rbp-0x80]
;;   a5  mov [r11], ebx
;;   a8  leave
;;   a9  ret
