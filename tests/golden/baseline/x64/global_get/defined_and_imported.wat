(module
  (import "m" "g" (global i64)) (global (mut i32) (i32.const 1))
  (func (result i64)
    (global.set 1 (i32.add (global.get 1) (i32.const 1))) (global.get 0)))
;; ---- code ----
;; function 0
;;    0  push rbp
;;    1  mov rbp, rsp
;;    4  mov eax, [r12+0x50]
;;    9  add eax, 0x01
;;    c  mov [r12+0x50], eax
;;   11  mov r11, [r12+0x40]
;;   16  mov rax, [r11]
;;   19  leave
;;   1a  ret
