(module
  (func (param i32) (result i32)
    (unreachable) (loop (loop (br 1)) (drop (i32.const 1))) (i32.add)))
;; ---- code ----
;; function 0
;;    0  push rbp
;;    1  mov rbp, rsp
;;    4  mov eax, 0x01
;;    9  call [r12+0x18]
