(module
  (func (param i64) (result i64)
    (i64.mul (i64.mul (i64.mul (local.get 0) (i64.const 8)) (i64.const 5)) (i64.const 1000003))))
;; ---- code ----
;; function 0
;;    0  push rbp
;;    1  mov rbp, rsp
;;    4  mov rax, r13
;;    7  shl rax, 0x03
;;    b  lea rax, [rax+rax*4]
;;    f  imul rax, rax, 0xF4243
;;   16  leave
;;   17  ret
