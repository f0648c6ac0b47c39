;; A _start that is no program's.
(module (func (export "_start") (param i32)))
