(module
  (import "m" "g" (global i64)) (global (mut i32) (i32.const 1))
  (func (result i64)
    (global.set 1 (i32.add (global.get 1) (i32.const 1))) (global.get 0)))
;; ---- code ----
;; function 0
;;    0  push rbp
;;    1  mov rbp, rsp
;;    4  mov eax, [r12+0x80]
;;    c  add eax, 0x01
;;    f  mov [r12+0x80], eax
;;   17  mov r11, [r12+0x70]
;;   1c  mov rax, [r11]
;;   1f  leave
;;   20  ret
