(module
  (type $t (func (param i32) (result i32)))
  (func (param i32 (ref null $t)) (result i32)
    (return_call_ref $t (local.get 0) (local.get 1))))
;; ---- code ----
;; function 0
;;    0  push rbp
;;    1  mov rbp, rsp
;;    4  mov r13d, r13d
;;    7  mov rbx, r14
;;    a  test rbx, rbx
;;    d  jz 0x000000000000001D
;;   13  mov r12, [rbx+0x08]
;;   17  mov rbx, [rbx]
;;   1a  leave
;;   1b  jmp rbx
;;   1d  mov eax, 0x17
;;   22  call [r12+0x18]
