(module
  (memory 1)
  (func (param i32) (result i64)
    (i64.load32_s (local.get 0))))
;; ---- code ----
;; function 0
;;    0  push rbp
;;    1  mov rbp, rsp
;;    4  mov r13d, r13d
;;    7  mov rbx, [r12+0x08]
;;    c  movsxd rax, dword ptr [rbx+r13*1]
;;   10  leave
;;   11  ret
