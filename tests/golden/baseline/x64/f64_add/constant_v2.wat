;; options: v2
(module
  (func (param f64) (result f64)
    (f64.add (local.get 0) (f64.const 1.5))))
;; ---- code ----
;; function 0
;;    0  push rbp
;;    1  mov rbp, rsp
;;    4  movaps xmm1, xmm0
;;    7  addsd xmm1, [0x0000000000000020]
;;    f  movaps xmm0, xmm1
;;   12  leave
;;   13  ret
;;   20  .quad 0x3ff8000000000000
;;   28  .quad 0x0000000000000000
