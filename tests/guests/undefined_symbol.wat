;; What a linker leaves of a C function nobody defined.
(module
  (import "env" "pthread_mutexattr_init" (func (param i32) (result i32)))
  (func (export "_start")))
