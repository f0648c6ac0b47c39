(module
  (func (param i32 i32) (result i32)
    (if (result i32) (i32.lt_u (local.get 0) (local.get 1)) (then (local.get 0)) (else (local.get 1)))))
;; ---- code ----
;; function 0
;;    0  push rbp
;;    1  mov rbp, rsp
;;    4  mov r13d, r13d
;;    7  mov r14d, r14d
;;    a  cmp r13d, r14d
;;    d  jnb 0x000000000000001B
;;   13  mov eax, r13d
;;   16  jmp 0x000000000000001E
;;   1b  mov eax, r14d
;;   1e  leave
;;   1f  ret
