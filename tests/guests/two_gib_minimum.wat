;; Asks for 2 GiB from the start.
(module (memory (export "memory") 32768) (func (export "_start")))
