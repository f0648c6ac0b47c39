(module
  (func (param v128 v128 v128) (result v128)
    (f32x4.relaxed_madd (local.get 0) (local.get 1) (local.get 2)))
  (func (param v128 v128 v128) (result v128)
    (f32x4.relaxed_nmadd (local.get 0) (local.get 1) (local.get 2))))
;; ---- code ----
;; function 0
;;    0  push rbp
;;    1  mov rbp, rsp
;;    4  vmulps xmm14, xmm0, xmm1
;;    8  vaddps xmm3, xmm14, xmm2
;;    c  vmovaps xmm0, xmm3
;;   10  leave
;;   11  ret
;; function 1
;;    0  push rbp
;;    1  mov rbp, rsp
;;    4  vmulps xmm14, xmm0, xmm1
;;    8  vsubps xmm3, xmm2, xmm14
;;    d  vmovaps xmm0, xmm3
;;   11  leave
;;   12  ret
