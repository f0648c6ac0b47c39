(module
  (memory 1)
  (func (param i32) (result i32)
    (i32.add (i32.load offset=16 (local.get 0)) (i32.add (i32.load offset=0x80000000 (local.get 0)) (i32.load (i32.const 64))))))
;; ---- code ----
;; function 0
;;    0  push rbp
;;    1  mov rbp, rsp
;;    4  mov r13d, r13d
;;    7  mov rbx, [r12+0x08]
;;    c  mov eax, [rbx+r13*1+0x10]
;;   11  mov r11d, 0x80000000
;;   17  add r11, r13
;;   1a  mov ecx, [rbx+r11*1]
;;   1e  mov edx, [rbx+0x40]
;;   21  add ecx, edx
;;   23  add eax, ecx
;;   25  leave
;;   26  ret
