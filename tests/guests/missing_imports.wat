;; Imports that nothing provides, from places a user may meet.
(module
  (import "env" "emscripten_memcpy_js" (func (param i32 i32 i32)))
  (import "wbg" "__wbindgen_throw" (func (param i32 i32)))
  (import "gojs" "runtime.wasmExit" (func (param i32)))
  (import "wasix_32v1" "fd_dup" (func (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "sock_addr_resolve" (func (param i32 i32 i32) (result i32)))
  (import "wasi:cli/environment@0.2.0" "get-environment" (func (param i32)))
  (import "here" "counter" (global (mut i64)))
  (func (export "_start")))
