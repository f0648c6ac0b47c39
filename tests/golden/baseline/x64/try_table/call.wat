(module
  (import "m" "f" (func $f))
  (tag $e (param i32))
  (func (param i32) (result i32)
    (block $caught (result i32)
      (try_table (catch $e $caught)
        (local.set 0 (i32.add (local.get 0) (i32.const 1)))
        (call $f))
      (return (i32.const 2)))
    (i32.add (local.get 0))))
;; ---- code ----
;; function 1
;;    0  push rbp
;;    1  mov rbp, rsp
;;    4  sub rsp, 0x20
;;    8  mov [rbp-0x08], r12
;;    c  mov r13d, r13d
;;    f  add r13d, 0x01
;;   13  mov [rbp-0x10], r13d
;;   17  mov rbx, [r12+0x40]
;;   1c  mov r12, [r12+0x48]
;;   21  call rbx
;;   23  mov eax, 0x02
;;   28  leave
;;   29  ret
;;   2a  mov r13d, [rbp-0x10]
;;   2e  add eax, r13d
;;   31  leave
;;   32  ret
;;   33  mov r12, [rbp-0x08]
;;   37  mov r11, [r12+0x28]
;;   3c  add r11, rax
;;   3f  mov ecx, [r11+0x10]
;;   43  mov [rbp-0x20], ecx
;;   46  mov eax, [rbp-0x20]
;;   49  jmp 0x000000000000002A
