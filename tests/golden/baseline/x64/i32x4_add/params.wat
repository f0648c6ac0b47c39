(module
  (func (param v128 v128) (result v128)
    (i32x4.add (local.get 0) (local.get 1))))
;; ---- code ----
;; function 0
;;    0  push rbp
;;    1  mov rbp, rsp
;;    4  vpaddd xmm2, xmm0, xmm1
;;    8  vmovaps xmm0, xmm2
;;    c  leave
;;    d  ret
