;; For --preload: a function, a memory and a counter that importers share.
(module
  (global $count (export "count") (mut i32) (i32.const 40))
  (memory (export "memory") 1)
  (func (export "_initialize") (global.set $count (i32.const 41)))
  (func (export "next") (result i32)
    (global.set $count (i32.add (global.get $count) (i32.const 1)))
    (global.get $count)))
