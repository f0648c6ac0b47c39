(module
  (import "m" "f" (func $f))
  (func (param i32)
    (loop $again
      (try_table (catch_all $again)
        (local.set 0 (i32.sub (local.get 0) (i32.const 1)))
        (call $f)))))
;; ---- code ----
;; function 1
;;    0  push rbp
;;    1  mov rbp, rsp
;;    4  sub rsp, 0x10
;;    8  mov [rbp-0x08], r12
;;    c  mov r13d, r13d
;;    f  sub r13d, 0x01
;;   13  mov [rbp-0x10], r13d
;;   17  mov r12, [rbp-0x08]
;;   1b  mov rbx, [r12+0x40]
;;   20  mov r12, [r12+0x48]
;;   25  call rbx
;;   27  leave
;;   28  ret
;;   29  mov r13d, [rbp-0x10]
;;   2d  jmp 0x000000000000000F
