;; Lists of 1,000 cells are made, 600,000 of them; the last 2,000 live on in a ring. Cells take 16 bytes: 10 GB in all, the live set
;; is 32 MB.
(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (type $cell (struct (field $value i32) (field $next (ref null $cell))))
  (type $ring (array (mut (ref null $cell))))
  (func $list (param $length i32) (result (ref null $cell))
    (local $list (ref null $cell))
    (loop $again
      (local.set $list (struct.new $cell (local.get $length) (local.get $list)))
      (br_if $again (local.tee $length (i32.sub (local.get $length) (i32.const 1)))))
    (local.get $list))
  (func $sum (param $list (ref null $cell)) (result i32)
    (local $sum i32)
    (loop $again
      (if (i32.eqz (ref.is_null (local.get $list)))
        (then
          (local.set $sum (i32.add (local.get $sum) (struct.get $cell $value (local.get $list))))
          (local.set $list (struct.get $cell $next (local.get $list)))
          (br $again))))
    (local.get $sum))
  (func (export "_start")
    (local $ring (ref null $ring)) (local $i i32) (local $at i32)
    (local.set $ring (array.new_default $ring (i32.const 2000)))
    (loop $again
      (array.set $ring (local.get $ring) (local.get $at) (call $list (i32.const 1000)))
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (if (i32.eq (local.get $at) (i32.const 2000)) (then (local.set $at (i32.const 0))))
      (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 600000))))
    (local.set $at (i32.const 0))
    (loop $check
      (if (i32.ne (call $sum (array.get $ring (local.get $ring) (local.get $at))) (i32.const 500500)) (then (call $exit (i32.const 1))))
      (br_if $check (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 1))) (i32.const 2000))))))
