(module
  (import "m" "f" (func $f (param f64) (result f64)))
  (func (param f64) (result f64)
    (f64.add (call $f (local.get 0)) (f64.const 1))))
;; ---- code ----
;; function 1
;;    0  push rbp
;;    1  mov rbp, rsp
;;    4  sub rsp, 0x10
;;    8  mov [rbp-0x08], r12
;;    c  vmovsd [rbp-0x10], xmm0
;;   11  mov rbx, [r12+0x40]
;;   16  mov r12, [r12+0x48]
;;   1b  call rbx
;;   1d  vmovaps xmm1, xmm0
;;   21  vaddsd xmm1, xmm1, qword ptr [0x0000000000000030]
;;   29  vmovaps xmm0, xmm1
;;   2d  leave
;;   2e  ret
;;   30  .quad 0x3ff0000000000000
;;   38  .quad 0x0000000000000000
