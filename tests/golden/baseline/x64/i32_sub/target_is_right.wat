(module
  (func (param i32 i32) (result i32)
    (local.set 1 (i32.sub (local.get 0) (local.get 1)))
    (local.get 1)))
;; ---- code ----
;; function 0
;;    0  push rbp
;;    1  mov rbp, rsp
;;    4  mov r13d, r13d
;;    7  mov r14d, r14d
;;    a  mov eax, r13d
;;    d  sub eax, r14d
;;   10  mov r14d, eax
;;   13  mov rax, r14
;;   16  leave
;;   17  ret
