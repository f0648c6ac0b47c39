(module
  (func (param i32) (result i32)
    (i32.add (i32.const 1) (block (result i32) (br_if 0 (i32.const 5) (local.get 0)) (drop) (i32.const 6)))))
;; ---- code ----
;; function 0
;;    0  push rbp
;;    1  mov rbp, rsp
;;    4  mov r13d, r13d
;;    7  test r13d, r13d
;;    a  mov eax, 0x05
;;    f  jnz 0x000000000000001A
;;   15  mov eax, 0x06
;;   1a  add eax, 0x01
;;   1d  leave
;;   1e  ret
