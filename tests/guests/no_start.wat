;; Exports functions, but none of a program.
(module
  (func (export "answer") (result i32) i32.const 42)
  (func (export "swap") (param i32 i64) (result i64 i32) local.get 1 local.get 0)
  (func (export "same_f32") (param f32) (result f32) local.get 0)
  (func (export "same_f64") (param f64) (result f64) local.get 0)
  (func (export "same_v128") (param v128) (result v128) local.get 0)
  (func (export "fail") unreachable)
  (memory (export "memory") 1))
