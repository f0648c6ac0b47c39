(module
  (func (param f64 f64 i32) (result f64)
    (select (local.get 0) (local.get 1) (local.get 2))))
;; ---- code ----
;; function 0
;;    0  push rbp
;;    1  mov rbp, rsp
;;    4  mov r13d, r13d
;;    7  test r13d, r13d
;;    a  vmovaps xmm2, xmm0
;;    e  jnz 0x0000000000000018
;;   14  vmovaps xmm2, xmm1
;;   18  vmovaps xmm0, xmm2
;;   1c  leave
;;   1d  ret
