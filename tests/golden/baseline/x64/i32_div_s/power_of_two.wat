(module
  (func (param i32) (result i32)
    (i32.div_s (local.get 0) (i32.const 8))))
;; ---- code ----
;; function 0
;;    0  push rbp
;;    1  mov rbp, rsp
;;    4  mov r13d, r13d
;;    7  mov eax, r13d
;;    a  mov r11d, eax
;;    d  sar r11d, 0x1F
;;   11  shr r11d, 0x1D
;;   15  add eax, r11d
;;   18  sar eax, 0x03
;;   1b  leave
;;   1c  ret
