(module
  (tag $e (param i32 f64))
  (func (param i32 f64) (throw $e (local.get 0) (local.get 1))))
;; ---- code ----
;; function 0
;;    0  push rbp
;;    1  mov rbp, rsp
;;    4  sub rsp, 0x20
;;    8  mov [rbp-0x08], r12
;;    c  mov r13d, r13d
;;    f  mov [rbp-0x10], r13d
;;   13  vmovsd [rbp-0x18], xmm0
;;   18  mov rbx, [r12]
;;   1c  mov rbx, [rbx+0x18]
;;   20  mov [rbx], r13d
;;   23  vmovsd [rbx+0x10], xmm0
;;   28  xor esi, esi
;;   2a  mov rdi, r12
;;   2d  mov rax, [r12+0x20]
;;   32  call [rax+0x50]
