(module
  (func $f (param i32 i64) )
  (func $g (param i64 i32) (call $f (local.get 1) (local.get 0)))
  (func $h (param i32 i32 i32 f32 f32) (call $h (local.get 1) (local.get 2) (local.get 0) (local.get 4) (local.get 3))))
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
;;    c  mov r14d, r14d
;;    f  mov [rbp-0x10], r13
;;   13  mov [rbp-0x18], r14d
;;   17  xchg r13, r14
;;   1a  call 0xFFFFFFFFFFFFFFF0
;;   1f  leave
;;   20  ret
;; function 2
;;    0  push rbp
;;    1  mov rbp, rsp
;;    4  sub rsp, 0x30
;;    8  mov [rbp-0x08], r12
;;    c  mov r13d, r13d
;;    f  mov r14d, r14d
;;   12  mov r15d, r15d
;;   15  mov [rbp-0x10], r13d
;;   19  mov [rbp-0x18], r14d
;;   1d  mov [rbp-0x20], r15d
;;   21  vmovss [rbp-0x28], xmm0
;;   26  vmovss [rbp-0x30], xmm1
;;   2b  xchg r13, r14
;;   2e  xchg r14, r15
;;   31  vmovaps xmm15, xmm0
;;   35  vmovaps xmm0, xmm1
;;   39  vmovaps xmm1, xmm15
;;   3d  call 0x0000000000000000
;;   42  leave
;;   43  ret
