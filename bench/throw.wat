;; Throwing and catching over 10 frames, and the price of handlers where nothing is thrown. Each export gives nanoseconds per round;
;; the names are those of the table that bench/throw prints.
(module
  (import "wasi_snapshot_preview1" "clock_time_get" (func $clock_time_get (param i32 i64 i32) (result i32)))
  (memory (export "memory") 1)
  (tag $e (param i32))
  ;; Sums go here: no compiler may leave them out.
  (global $sum (mut i32) (i32.const 0))

  (func $now (result f64)
    (drop (call $clock_time_get (i32.const 1) (i64.const 1) (i32.const 8)))
    (f64.convert_i64_u (i64.load (i32.const 8))))
  (func $per_round (param $begin f64) (param $rounds i32) (result f64)
    (f64.div (f64.sub (call $now) (local.get $begin)) (f64.convert_i32_s (local.get $rounds))))

  ;; The frame that throws is the tenth.
  (func $descend (param $depth i32) (param $value i32) (result i32)
    (if (i32.eqz (local.get $depth)) (then (throw $e (local.get $value))))
    (i32.add (call $descend (i32.sub (local.get $depth) (i32.const 1)) (local.get $value)) (i32.const 1)))
  (func (export "throw_over_10_frames") (param $rounds i32) (result f64) (local $begin f64) (local $n i32) (local $sum i32)
    (local.set $begin (call $now))
    (local.set $n (local.get $rounds))
    (loop $again
      (block $caught (result i32)
        (try_table (catch $e $caught) (drop (call $descend (i32.const 9) (local.get $n))))
        (unreachable))
      (local.set $sum (i32.add (local.get $sum)))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (global.set $sum (local.get $sum))
    (call $per_round (local.get $begin) (local.get $rounds)))

  ;; What the calls alone take.
  (func $return_after (param $depth i32) (param $value i32) (result i32)
    (if (i32.eqz (local.get $depth)) (then (return (local.get $value))))
    (i32.add (call $return_after (i32.sub (local.get $depth) (i32.const 1)) (local.get $value)) (i32.const 1)))
  (func (export "return_over_10_frames") (param $rounds i32) (result f64) (local $begin f64) (local $n i32) (local $sum i32)
    (local.set $begin (call $now))
    (local.set $n (local.get $rounds))
    (loop $again
      (local.set $sum (i32.add (local.get $sum) (call $return_after (i32.const 9) (local.get $n))))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (global.set $sum (local.get $sum))
    (call $per_round (local.get $begin) (local.get $rounds)))

  (func $work (param $x i32) (result i32)
    (if (i32.eq (local.get $x) (i32.const -1)) (then (throw $e (local.get $x))))
    (i32.mul (local.get $x) (i32.const 0x9e3779b1)))
  (func (export "loop_with_handlers") (param $rounds i32) (result f64) (local $begin f64) (local $n i32) (local $sum i32)
    (local.set $begin (call $now))
    (local.set $n (local.get $rounds))
    (block $caught (result i32)
      (loop $again
        (block $inner
          (try_table (catch $e $caught) (catch_all $inner)
            (local.set $sum (i32.add (local.get $sum) (call $work (local.get $n))))))
        (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
      (local.get $sum))
    (local.set $sum)
    (global.set $sum (local.get $sum))
    (call $per_round (local.get $begin) (local.get $rounds)))
  (func (export "loop_without_handlers") (param $rounds i32) (result f64) (local $begin f64) (local $n i32) (local $sum i32)
    (local.set $begin (call $now))
    (local.set $n (local.get $rounds))
    (block $caught (result i32)
      (loop $again
        (block $inner
          (block
            (local.set $sum (i32.add (local.get $sum) (call $work (local.get $n))))))
        (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
      (local.get $sum))
    (local.set $sum)
    (global.set $sum (local.get $sum))
    (call $per_round (local.get $begin) (local.get $rounds)))
)
