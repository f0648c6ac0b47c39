(module
  (type $t (func))
  (func (param i32 (ref null $t)) (result i32)
    (block $l (result i32)
      (br_on_null $l (local.get 0) (local.get 1))
      (call_ref $t))))
;; ---- code ----
;; function 0
;;    0  push rbp
;;    1  mov rbp, rsp
;;    4  sub rsp, 0x20
;;    8  mov [rbp-0x08], r12
;;    c  mov r13d, r13d
;;    f  test r14, r14
;;   12  mov eax, r13d
;;   15  jz 0x0000000000000040
;;   1b  mov [rbp-0x10], r13d
;;   1f  mov [rbp-0x18], r14
;;   23  mov rbx, r14
;;   26  test rbx, rbx
;;   29  jz 0x0000000000000042
;;   2f  mov r12, [rbx+0x08]
;;   33  call [rbx]
;;   35  mov eax, [rbp-0x10]
;;   38  mov r13d, [rbp-0x10]
;;   3c  mov r14, [rbp-0x18]
;;   40  leave
;;   41  ret
;;   42  mov eax, 0x17
;;   47  call [r12+0x18]
