// proc_exit, proc_raise, sched_yield, random_get. The kernel is called directly: uv_random asks for 256 bytes at a
// time.
#include <sched.h>
#include <sys/random.h>

#include <cerrno>

#include "wasi/state.h"

namespace wasmrun::wasi {

Errno proc_exit(Call& call, I32 rval) {
  call.exits = true;
  // The shell sees 8 bits; a failure must not become a success on the way.
  call.exit_code = (rval & 0xff) == 0 && rval != 0 ? 1 : rval & 0xff;
  return Errno::Success;
}

Errno proc_raise(Call&, I32 /*sig*/) {
  // A guest must not signal the process that hosts it.
  return Errno::Notsup;
}

Errno sched_yield(Call&) {
  ::sched_yield();
  return Errno::Success;
}

Errno random_get(Call& call, I32 buf, I32 buf_len) {
  if (!call.in_bounds(buf, buf_len, "buf")) return Errno::Fault;
  if (call.state.deterministic) {
    if (buf_len > 0) call.state.deterministic->fill_random({call.memory.at(buf), buf_len});
    return Errno::Success;
  }
  uint64_t done = 0;
  while (done < buf_len) {
    const ssize_t count = ::getrandom(call.memory.at(buf) + done, buf_len - done, 0);
    if (count > 0) {
      done += static_cast<uint64_t>(count);
    } else if (errno != EINTR) {
      return from_host(errno);
    } else if (call.interrupted()) {
      return Errno::Intr;
    }
  }
  return Errno::Success;
}

}  // namespace wasmrun::wasi
