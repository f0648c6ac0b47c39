;; Arrays of 500 points of 32 bytes are filled, moved and summed, 500,000 of them; 500 of them live on. 10 GB in all, the live set
;; is 10 MB.
(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (type $point (struct (field $x (mut f64)) (field $y (mut f64)) (field $id i32)))
  (type $points (array (mut (ref null $point))))
  (type $all (array (mut (ref null $points))))
  (func $make (param $seed f64) (result (ref $points))
    (local $points (ref $points)) (local $i i32)
    (local.set $points (array.new_default $points (i32.const 500)))
    (loop $again
      (array.set $points (local.get $points) (local.get $i)
        (struct.new $point (local.get $seed) (f64.convert_i32_u (local.get $i)) (local.get $i)))
      (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 500))))
    (local.get $points))
  (func $sum (param $points (ref $points)) (result f64)
    (local $i i32) (local $sum f64) (local $point (ref null $point))
    (loop $again
      (local.set $point (array.get $points (local.get $points) (local.get $i)))
      (struct.set $point $x (local.get $point) (f64.add (struct.get $point $x (local.get $point)) (f64.const 1)))
      (local.set $sum (f64.add (local.get $sum) (f64.mul (struct.get $point $x (local.get $point)) (struct.get $point $y (local.get $point)))))
      (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (array.len (local.get $points)))))
    (local.get $sum))
  (func (export "_start")
    (local $all (ref null $all)) (local $i i32) (local $sum f64) (local $points (ref null $points))
    (local.set $all (array.new_default $all (i32.const 500)))
    (loop $again
      (local.set $points (call $make (f64.const 1)))
      (array.set $all (local.get $all) (i32.rem_u (local.get $i) (i32.const 500)) (local.get $points))
      (local.set $sum (f64.add (local.get $sum) (call $sum (ref.as_non_null (local.get $points)))))
      (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 500000))))
    ;; 500,000 times 2 * (0 + ... + 499).
    (if (f64.ne (local.get $sum) (f64.const 124750000000)) (then (call $exit (i32.const 1))))))
