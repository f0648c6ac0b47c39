// args_get, args_sizes_get, environ_get, environ_sizes_get. No system calls: both blocks are built when the program
// starts.
#include "wasi/state.h"

namespace wasmrun::wasi {

namespace {

Errno write_sizes(Call& call, const StringBlock& block, I32 count, I32 size_bytes) {
  call.memory.write(count, static_cast<uint32_t>(block.offsets.size()));
  call.memory.write(size_bytes, static_cast<uint32_t>(block.bytes.size()));
  return Errno::Success;
}

Errno write_block(Call& call, const StringBlock& block, I32 pointers, I32 buffer) {
  for (size_t i = 0; i < block.offsets.size(); ++i) {
    call.memory.write(pointers + static_cast<uint32_t>(4 * i), buffer + block.offsets[i]);
  }
  if (!block.bytes.empty()) std::memcpy(call.memory.at(buffer), block.bytes.data(), block.bytes.size());
  return Errno::Success;
}

}  // namespace

Errno args_sizes_get(Call& call, I32 argc, I32 argv_buf_size) {
  if (!call.in_bounds(argc, 4, "argc") || !call.in_bounds(argv_buf_size, 4, "argv_buf_size")) return Errno::Fault;
  call.state.path_hint.note_start();
  return write_sizes(call, call.state.args, argc, argv_buf_size);
}

Errno args_get(Call& call, I32 argv, I32 argv_buf) {
  const StringBlock& block = call.state.args;
  if (!call.in_bounds(argv, uint64_t{4} * block.offsets.size(), "argv")) return Errno::Fault;
  if (!call.in_bounds(argv_buf, block.bytes.size(), "argv_buf")) return Errno::Fault;
  return write_block(call, block, argv, argv_buf);
}

Errno environ_sizes_get(Call& call, I32 count, I32 environ_buf_size) {
  if (!call.in_bounds(count, 4, "count") || !call.in_bounds(environ_buf_size, 4, "environ_buf_size")) {
    return Errno::Fault;
  }
  return write_sizes(call, call.state.environ, count, environ_buf_size);
}

Errno environ_get(Call& call, I32 environ, I32 environ_buf) {
  const StringBlock& block = call.state.environ;
  if (!call.in_bounds(environ, uint64_t{4} * block.offsets.size(), "environ")) return Errno::Fault;
  if (!call.in_bounds(environ_buf, block.bytes.size(), "environ_buf")) return Errno::Fault;
  return write_block(call, block, environ, environ_buf);
}

}  // namespace wasmrun::wasi
