(module
  (memory 1)
  (func (param i32 i32) (result i32) (local i32)
    (loop (local.set 2 (i32.add (local.get 2) (i32.load (local.get 0)))) (br_if 0 (i32.ne (local.tee 0 (i32.add (local.get 0) (i32.const 4))) (local.get 1)))) (local.get 2)))
;; ---- code ----
;; function 0
;;    0  push rbp
;;    1  mov rbp, rsp
;;    4  mov r13d, r13d
;;    7  mov r14d, r14d
;;    a  xor r15d, r15d
;;    d  mov rbx, [r12+0x08]
;;   12  mov eax, [rbx+r13*1]
;;   16  add r15d, eax
;;   19  add r13d, 0x04
;;   1d  cmp r13d, r14d
;;   20  jnz 0x0000000000000012
;;   22  mov rax, r15
;;   25  leave
;;   26  ret
