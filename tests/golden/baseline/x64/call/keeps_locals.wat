(module
  (func $f (param i32) (result i32) (local.get 0))
  (func (param i32 i32) (result i32)
    (i32.add (call $f (local.get 1)) (local.get 0))))
;; ---- code ----
;; function 0
;;    0  push rbp
;;    1  mov rbp, rsp
;;    4  mov r13d, r13d
;;    7  mov rax, r13
;;    a  leave
;;    b  ret
;; function 1
;;    0  push rbp
;;    1  mov rbp, rsp
;;    4  sub rsp, 0x20
;;    8  mov [rbp-0x08], r12
;;    c  mov r13d, r13d
;;    f  mov r14d, r14d
;;   12  mov [rbp-0x10], r13d
;;   16  mov [rbp-0x18], r14d
;;   1a  mov r13, r14
;;   1d  call 0xFFFFFFFFFFFFFFF0
;;   22  mov eax, eax
;;   24  mov r13d, [rbp-0x10]
;;   28  add eax, r13d
;;   2b  leave
;;   2c  ret
