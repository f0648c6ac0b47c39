(module
  (func (param i32 i64) (result i64)
    (i64.add (i64.extend_i32_u (i32.and (local.get 0) (i32.const 255))) (i64.and (local.get 1) (i64.const 0xffffffff)))))
;; ---- code ----
;; function 0
;;    0  push rbp
;;    1  mov rbp, rsp
;;    4  mov r13d, r13d
;;    7  movzx eax, r13b
;;    b  mov ecx, r14d
;;    e  add rax, rcx
;;   11  leave
;;   12  ret
