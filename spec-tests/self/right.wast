;; What the official suite does not say, or says only in scripts of later features.
(module $M
  (global (export "count") (mut i32) (i32.const 0))
  (func (export "count-up") (global.set 0 (i32.add (global.get 0) (i32.const 1)))))
(register "M" $M)
(module $N
  (import "M" "count-up" (func $up))
  (import "M" "count" (global (mut i32)))
  (func (export "twice") (result i32) (call $up) (call $up) (global.get 0)))
(assert_return (invoke "twice") (i32.const 2))
(assert_return (invoke $M "count-up"))
(assert_return (get $M "count") (i32.const 3))
(assert_return (invoke $N "twice") (i32.const 5))

;; Definitions are instantiated as often as wanted, each with its own state.
(module definition $D (global (export "g") (mut i32) (i32.const 7)) (func (export "set") (param i32) (global.set 0 (local.get 0))))
(module instance $A $D)
(module instance $B $D)
(assert_return (invoke $A "set" (i32.const 8)))
(assert_return (get $A "g") (i32.const 8))
(assert_return (get $B "g") (i32.const 7))

;; The host's references come back as they went.
(module (func (export "r") (param externref) (result externref) (local.get 0)))
(assert_return (invoke "r" (ref.extern 0)) (ref.extern 0))
(assert_return (invoke "r" (ref.extern 5)) (ref.extern))
(assert_return (invoke "r" (ref.null extern)) (ref.null))

;; Labels of the same name, and flat instructions inside folded ones.
(module (func (export "f") (param i32) (result i32)
  (block $l (result i32)
    (block $l (br_if $l (local.get 0)) (br 1 (i32.const 1)))
    block $l (result i32) i32.const 2 br $l end)))
(assert_return (invoke "f" (i32.const 0)) (i32.const 1))
(assert_return (invoke "f" (i32.const 1)) (i32.const 2))
