(module
  (memory 1)
  (func (result i32)
    (memory.size)))
;; ---- code ----
;; function 0
;;    0  push rbp
;;    1  mov rbp, rsp
;;    4  mov rax, [r12+0x10]
;;    9  shr rax, 0x10
;;    d  leave
;;    e  ret
