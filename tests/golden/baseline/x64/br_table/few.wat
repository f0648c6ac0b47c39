(module
  (func (param i32) (result i32)
    (block (block (br_table 0 1 0 (local.get 0))) (return (i32.const 1))) (i32.const 2)))
;; ---- code ----
;; function 0
;;    0  push rbp
;;    1  mov rbp, rsp
;;    4  mov r13d, r13d
;;    7  mov eax, r13d
;;    a  test eax, eax
;;    c  jz 0x0000000000000020
;;   12  cmp eax, 0x01
;;   15  jz 0x0000000000000027
;;   1b  jmp 0x0000000000000020
;;   20  mov eax, 0x01
;;   25  leave
;;   26  ret
;;   27  mov eax, 0x02
;;   2c  leave
;;   2d  ret
