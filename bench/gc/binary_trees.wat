;; Complete trees of depth 14 are built and counted, one after the other, while one of depth 18 lives on. Nodes take 16 bytes:
;; 20,000 trees are 10 GB, the live set is 8 MB.
(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (type $node (struct (field (ref null $node)) (field (ref null $node))))
  (func $tree (param $depth i32) (result (ref $node))
    (if (result (ref $node)) (i32.eqz (local.get $depth))
      (then (struct.new_default $node))
      (else (struct.new $node (call $tree (i32.sub (local.get $depth) (i32.const 1)))
                              (call $tree (i32.sub (local.get $depth) (i32.const 1)))))))
  (func $count (param $tree (ref null $node)) (result i32)
    (if (result i32) (ref.is_null (struct.get $node 0 (local.get $tree)))
      (then (i32.const 1))
      (else (i32.add (i32.const 1) (i32.add (call $count (struct.get $node 0 (local.get $tree)))
                                            (call $count (struct.get $node 1 (local.get $tree))))))))
  (func (export "_start")
    (local $long (ref null $node)) (local $i i32) (local $sum i64)
    (local.set $long (call $tree (i32.const 18)))
    (loop $again
      (local.set $sum (i64.add (local.get $sum) (i64.extend_i32_u (call $count (call $tree (i32.const 14))))))
      (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 20000))))
    (if (i64.ne (local.get $sum) (i64.const 655340000)) (then (call $exit (i32.const 1))))
    (if (i32.ne (call $count (local.get $long)) (i32.const 524287)) (then (call $exit (i32.const 2))))))
