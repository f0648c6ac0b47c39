(module
  (type $t (func (param i32) (result i32)))
  (func (param i32 (ref null $t)) (result i32)
    (call_ref $t (local.get 0) (local.get 1))))
;; ---- code ----
;; function 0
;;    0  push rbp
;;    1  mov rbp, rsp
;;    4  sub rsp, 0x20
;;    8  mov [rbp-0x08], r12
;;    c  mov r13d, r13d
;;    f  mov [rbp-0x10], r13d
;;   13  mov [rbp-0x18], r14
;;   17  mov rbx, r14
;;   1a  test rbx, rbx
;;   1d  jz 0x000000000000002D
;;   23  mov r12, [rbx+0x08]
;;   27  call [rbx]
;;   29  mov eax, eax
;;   2b  leave
;;   2c  ret
;;   2d  mov eax, 0x17
;;   32  call [r12+0x18]
