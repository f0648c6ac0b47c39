(module
  (memory 1) (memory 1)
  (func (param i32) (result i32)
    (i32.load 1 (local.get 0))))
;; ---- code ----
;; function 0
;;    0  push rbp
;;    1  mov rbp, rsp
;;    4  mov r13d, r13d
;;    7  mov rbx, [r12+0x48]
;;    c  mov rbx, [rbx]
;;    f  mov eax, [rbx+r13*1]
;;   13  leave
;;   14  ret
