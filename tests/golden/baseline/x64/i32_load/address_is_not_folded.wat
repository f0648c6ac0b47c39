;; An i32.add wraps, so it is never part of an address.
(module
  (memory 1)
  (func (param i32 i32) (result i32)
    (i32.load (i32.add (local.get 0) (i32.shl (local.get 1) (i32.const 2))))))
;; ---- code ----
;; function 0
;;    0  push rbp
;;    1  mov rbp, rsp
;;    4  mov r13d, r13d
;;    7  mov r14d, r14d
;;    a  mov eax, r14d
;;    d  shl eax, 0x02
;;   10  add eax, r13d
;;   13  mov rbx, [r12+0x08]
;;   18  mov eax, [rbx+rax*1]
;;   1b  leave
;;   1c  ret
