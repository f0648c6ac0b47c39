;; What the suite's scripts on the first form of exceptions leave out.

(module
  (tag $a (param i32)) (tag $b) (tag $c (param i64 v128 f32))
  (func $throw-a (param i32) (throw $a (local.get 0)))
  (func $throw-b (throw $b))
  (func $throw-c (throw $c (i64.const 7) (v128.const i64x2 8 9) (f32.const 10)))

  (func $by (param i32)
    (if (i32.eq (local.get 0) (i32.const 1)) (then (call $throw-a (i32.const 11))))
    (if (i32.eq (local.get 0) (i32.const 2)) (then (call $throw-b)))
    (if (i32.eq (local.get 0) (i32.const 3)) (then (call $throw-c))))

  ;; Clauses in order, each with results, and locals written on the way.
  (func (export "clauses") (param i32) (result i32) (local $n i32)
    (local.set $n (i32.const 1000))
    (i32.add
      (try (result i32)
        (do (local.set $n (i32.const 2000)) (call $by (local.get 0)) (local.set $n (i32.const 3000)) (i32.const 1))
        (catch $a)
        (catch $b (i32.const 2))
        (catch $c (drop) (i64x2.extract_lane 1) (i32.wrap_i64) (local.set 0) (i32.wrap_i64) (i32.add (local.get 0)))
        (catch_all (unreachable)))
      (local.get $n)))

  ;; A try in a clause of a try; rethrow of either.
  (func (export "rethrow") (param i32) (result i32)
    (try (result i32)
      (do
        (try (result i32)
          (do (call $throw-a (i32.const 1)) (i32.const 0))
          (catch $a
            (drop)
            (try (result i32)
              (do (call $throw-a (i32.const 2)) (i32.const 0))
              (catch $a
                (drop)
                (if (local.get 0) (then (rethrow 2)))
                (rethrow 0))))))
      (catch $a)))

  ;; Exceptions of a clause go to the blocks around.
  (func (export "clause-throws") (result i32)
    (try (result i32)
      (do (try (result i32)
        (do (call $throw-b) (i32.const 0))
        (catch $b (call $throw-a (i32.const 21)) (i32.const 1))
        (catch $a (drop) (i32.const 2))
        (catch_all (i32.const 3))))
      (catch $a)))

  ;; delegate: over a try block, to one whose clauses are under way, to a block that is no try, out of the function.
  (func (export "delegate") (param i32) (result i32)
    (try $outer (result i32)
      (do
        (try $middle (result i32)
          (do
            (if (local.get 0)
              (then (try (do (call $throw-b)) (delegate $outer)))
              (else (try (do (call $throw-b)) (delegate $middle))))
            (i32.const 0))
          (catch_all (i32.const 31))))
      (catch_all (i32.const 32))))
  (func (export "delegate-from-clause") (result i32)
    (try (result i32)
      (do (try $inner (result i32)
        (do (call $throw-b) (i32.const 0))
        (catch_all (try (do (call $throw-a (i32.const 5))) (delegate $inner)) (i32.const 1))))
      (catch $a)))
  (func (export "delegate-block") (result i32)
    (try (result i32)
      (do (block $plain (result i32)
        (try (result i32) (do
          (try (do (call $throw-a (i32.const 6))) (delegate $plain)) (i32.const 0))
          (catch_all (i32.const -1)))))
      (catch $a)))
  (func $delegate-out (try (do (try (do (call $throw-a (i32.const 7))) (delegate 1))) (catch_all)))
  (func (export "delegate-caller") (result i32)
    (try (result i32) (do (call $delegate-out) (i32.const 0)) (catch $a)))

  ;; Unreachable parts.
  (func (export "unreachable-body") (result i32)
    (try (result i32) (do (br 0 (i32.const 41)) (try (do (unreachable)) (delegate 0))) (catch_all (i32.const 42))))
  (func (export "unreachable-delegate") (result i32)
    (try (do (return (i32.const 43))) (delegate 0)) (i32.const 44))
  (func (export "unreachable-clause") (result i32)
    (try (result i32) (do (call $throw-b) (i32.const 0)) (catch $b (br 0 (i32.const 45)) (rethrow 0)) (catch_all (i32.const 46))))

  ;; In a loop: each round catches, and the clause branches.
  (func (export "loop") (param i32) (result i32) (local $sum i32)
    (block $done
      (loop $again
        (try
          (do (br_if $done (i32.eqz (local.get 0))) (call $throw-a (local.get 0)))
          (catch $a
            (local.set $sum (i32.add (local.get $sum)))
            (local.set 0 (i32.sub (local.get 0) (i32.const 1)))
            (br $again)))))
    (local.get $sum))

  ;; Both forms in one function.
  (func (export "both") (result i32)
    (block $l (result i32)
      (try_table (result i32) (catch $a $l)
        (try (result i32) (do (call $throw-a (i32.const 51)) (i32.const 0)) (catch_all (rethrow 0))))))
  (func (export "uncaught") (try (do (call $throw-a (i32.const 0))) (catch $b) (catch $c (drop) (drop) (drop))))
  (func (export "trap") (try (do (unreachable)) (catch_all)))
)
(assert_return (invoke "clauses" (i32.const 0)) (i32.const 3001))
(assert_return (invoke "clauses" (i32.const 1)) (i32.const 2011))
(assert_return (invoke "clauses" (i32.const 2)) (i32.const 2002))
(assert_return (invoke "clauses" (i32.const 3)) (i32.const 2016))
(assert_return (invoke "rethrow" (i32.const 0)) (i32.const 2))
(assert_return (invoke "rethrow" (i32.const 1)) (i32.const 1))
(assert_return (invoke "clause-throws") (i32.const 21))
(assert_return (invoke "delegate" (i32.const 0)) (i32.const 31))
(assert_return (invoke "delegate" (i32.const 1)) (i32.const 32))
(assert_return (invoke "delegate-from-clause") (i32.const 5))
(assert_return (invoke "delegate-block") (i32.const 6))
(assert_return (invoke "delegate-caller") (i32.const 7))
(assert_return (invoke "unreachable-body") (i32.const 41))
(assert_return (invoke "unreachable-delegate") (i32.const 43))
(assert_return (invoke "unreachable-clause") (i32.const 45))
(assert_return (invoke "loop" (i32.const 100)) (i32.const 5050))
(assert_return (invoke "both") (i32.const 51))
(assert_exception (invoke "uncaught"))
(assert_trap (invoke "trap") "unreachable")
