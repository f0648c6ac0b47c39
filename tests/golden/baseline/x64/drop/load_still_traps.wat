(module
  (memory 1)
  (func (param i32)
    (drop (i32.load (local.get 0)))))
;; ---- code ----
;; function 0
;;    0  push rbp
;;    1  mov rbp, rsp
;;    4  mov r13d, r13d
;;    7  mov rbx, [r12+0x08]
;;    c  mov eax, [rbx+r13*1]
;;   10  leave
;;   11  ret
