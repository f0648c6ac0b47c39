(module
  (func $f (export "f"))
  (func (result funcref)
    (ref.func $f)))
;; ---- code ----
;; function 0
;;    0  push rbp
;;    1  mov rbp, rsp
;;    4  leave
;;    5  ret
;; function 1
;;    0  push rbp
;;    1  mov rbp, rsp
;;    4  lea rax, [r12+0x40]
;;    9  leave
;;    a  ret
