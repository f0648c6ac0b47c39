;; Traps before any export can be called.
(module
  (func $early unreachable)
  (start $early)
  (func (export "_start")))
