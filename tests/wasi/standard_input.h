// Standard input in the tests' hands. Visible: StandardInput, read_input, read_input_text, kPositionRights.
#pragma once

#include <fcntl.h>

#include "tests/wasi/behaviour.h"

namespace wasmrun::wasi {

/// Something else as this process's standard input, for as long as it lives. Owns `host`; a negative one: closed.
class StandardInput {
 public:
  explicit StandardInput(int host) : saved_(::fcntl(0, F_DUPFD_CLOEXEC, 100)) {
    if (host < 0) {
      ::close(0);
      return;
    }
    REQUIRE(::dup2(host, 0) == 0);
    if (host != 0) ::close(host);
  }
  ~StandardInput() {
    if (saved_ < 0) {
      ::close(0);
      return;
    }
    ::dup2(saved_, 0);
    ::close(saved_);
  }
  StandardInput(const StandardInput&) = delete;
  StandardInput& operator=(const StandardInput&) = delete;

 private:
  const int saved_;
};

inline Reply read_input(Guest& guest, uint32_t size = 100) {
  guest.iovec_at(0x200, kBuffer, size);
  return guest.call("fd_read", 0, 0x200, 1, kResult);
}
inline std::string read_input_text(Guest& guest, uint32_t size = 100) {
  REQUIRE(read_input(guest, size) == Errno::Success);
  return guest.text(kBuffer, guest.get<uint32_t>(kResult));
}

inline constexpr uint64_t kPositionRights = rights::kFdSeek | rights::kFdTell;

}  // namespace wasmrun::wasi
