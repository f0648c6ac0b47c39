;; Imports from library.wat.
(module
  (import "lib" "next" (func $next (result i32)))
  (import "lib" "memory" (memory 1))
  (func (export "twice") (result i32 i32)
    (i32.store (i32.const 8) (call $next))
    (call $next)
    (i32.load (i32.const 8))))
