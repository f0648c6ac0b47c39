(module
  (func $f)
  (func (param i32 i32) (result i32)
    (loop (call $f) (local.set 0 (i32.add (local.get 0) (local.get 1))) (br_if 0 (i32.lt_s (local.get 0) (i32.const 100)))) (local.get 0)))
;; ---- code ----
;; function 0
;;    0  push rbp
;;    1  mov rbp, rsp
;;    4  leave
;;    5  ret
;; function 1
;;    0  push rbp
;;    1  mov rbp, rsp
;;    4  sub rsp, 0x20
;;    8  mov [rbp-0x08], r12
;;    c  mov r13d, r13d
;;    f  mov r14d, r14d
;;   12  mov [rbp-0x10], r14d
;;   16  mov [rbp-0x18], r13d
;;   1a  mov r12, [rbp-0x08]
;;   1e  call 0xFFFFFFFFFFFFFFF0
;;   23  mov r14d, [rbp-0x10]
;;   27  mov r13d, [rbp-0x18]
;;   2b  add r13d, r14d
;;   2e  cmp r13d, 0x64
;;   32  jl 0x0000000000000016
;;   34  mov rax, r13
;;   37  leave
;;   38  ret
