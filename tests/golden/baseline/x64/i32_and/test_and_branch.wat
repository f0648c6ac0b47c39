(module
  (func (param i32)
    (block (br_if 0 (i32.and (local.get 0) (i32.const 1))) (br_if 0 (i32.eqz (i32.and (local.get 0) (i32.const 2)))) (unreachable))))
;; ---- code ----
;; function 0
;;    0  push rbp
;;    1  mov rbp, rsp
;;    4  mov r13d, r13d
;;    7  test r13d, 0x01
;;    e  jnz 0x000000000000002B
;;   14  test r13d, 0x02
;;   1b  jz 0x000000000000002B
;;   21  mov eax, 0x01
;;   26  call [r12+0x18]
;;   2b  leave
;;   2c  ret
