;; Imports a WASI function under a type it does not have.
(module
  (import "wasi_snapshot_preview1" "fd_write" (func (param i64)))
  (func (export "_start")))
