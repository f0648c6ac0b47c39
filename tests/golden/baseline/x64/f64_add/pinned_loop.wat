(module
  (func (param i32 f64) (result f64) (local f64)
    (loop (local.set 2 (f64.add (local.get 2) (local.get 1))) (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))) (local.get 2)))
;; ---- code ----
;; function 0
;;    0  push rbp
;;    1  mov rbp, rsp
;;    4  mov r13d, r13d
;;    7  vxorps xmm1, xmm1, xmm1
;;    b  vaddsd xmm1, xmm1, xmm0
;;    f  sub r13d, 0x01
;;   13  jnz 0x000000000000000B
;;   15  vmovaps xmm0, xmm1
;;   19  leave
;;   1a  ret
