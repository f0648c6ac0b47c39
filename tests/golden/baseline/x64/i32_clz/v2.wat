;; options: v2
(module
  (func (param i32) (result i32)
    (i32.clz (local.get 0))))
;; ---- code ----
;; function 0
;;    0  push rbp
;;    1  mov rbp, rsp
;;    4  mov r13d, r13d
;;    7  mov r11d, 0x3F
;;    d  bsr eax, r13d
;;   11  cmovz eax, r11d
;;   15  xor eax, 0x1F
;;   18  leave
;;   19  ret
