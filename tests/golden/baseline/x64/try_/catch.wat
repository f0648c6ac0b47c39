(module
  (import "m" "f" (func $f))
  (tag $e (param i64))
  (func (result i64)
    (try (result i64)
      (do (call $f) (i64.const 1))
      (catch $e)
      (catch_all (rethrow 0)))))
;; ---- code ----
;; function 1
;;    0  push rbp
;;    1  mov rbp, rsp
;;    4  sub rsp, 0x20
;;    8  mov [rbp-0x08], r12
;;    c  mov rbx, [r12+0x40]
;;   11  mov r12, [r12+0x48]
;;   16  call rbx
;;   18  mov eax, 0x01
;;   1d  jmp 0x000000000000005F
;;   22  mov [rbp-0x10], rax
;;   26  mov r12, [rbp-0x08]
;;   2a  mov r11, [r12+0x28]
;;   2f  add r11, rax
;;   32  mov rcx, [r11+0x10]
;;   36  mov [rbp-0x20], rcx
;;   3a  mov rax, [rbp-0x20]
;;   3e  jmp 0x000000000000005F
;;   43  mov [rbp-0x10], rax
;;   47  mov rax, [rbp-0x10]
;;   4b  mov r12, [rbp-0x08]
;;   4f  mov rdx, rax
;;   52  xor esi, esi
;;   54  mov rdi, r12
;;   57  mov rax, [r12+0x20]
;;   5c  call [rax+0x58]
;;   5f  leave
;;   60  ret
