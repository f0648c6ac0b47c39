(module
  (func (param i32) (result i32) (local i32)
    (loop (local.set 1 (i32.add (local.get 1) (local.get 0))) (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))) (local.get 1)))
;; ---- code ----
;; function 0
;;    0  push rbp
;;    1  mov rbp, rsp
;;    4  mov r13d, r13d
;;    7  xor r14d, r14d
;;    a  add r14d, r13d
;;    d  sub r13d, 0x01
;;   11  jnz 0x000000000000000A
;;   13  mov rax, r14
;;   16  leave
;;   17  ret
