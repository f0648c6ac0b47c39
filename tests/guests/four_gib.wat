;; The largest 32-bit memory: grows to 65536 pages, touches the last byte, and one access past the end traps.
(module
  (memory (export "memory") 0)
  (func (export "grow") (result i32) (memory.grow (i32.const 65536)))
  (func (export "last") (result i32)
    (drop (memory.grow (i32.const 65536)))
    (i32.store8 (i32.const 0xffffffff) (i32.const 77))
    (i32.load8_u (i32.const 0xffffffff)))
  (func (export "past") (result i32)
    (drop (memory.grow (i32.const 65536)))
    (i32.load (i32.const 0xfffffffd))))
