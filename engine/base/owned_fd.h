// A host descriptor that closes itself. Visible: OwnedFd.
#pragma once

#include <unistd.h>

#include <utility>

namespace wasmrun {

class OwnedFd {
 public:
  OwnedFd() = default;
  explicit OwnedFd(int fd) : fd_(fd) {}
  OwnedFd(OwnedFd&& other) noexcept : fd_(other.release()) {}
  OwnedFd& operator=(OwnedFd&& other) noexcept {
    reset(other.release());
    return *this;
  }
  ~OwnedFd() { reset(); }

  int get() const { return fd_; }
  bool valid() const { return fd_ >= 0; }
  int release() { return std::exchange(fd_, -1); }
  void reset(int fd = -1) {
    if (fd_ >= 0) ::close(fd_);  // never retried: Linux frees the number even when it reports EINTR
    fd_ = fd;
  }

 private:
  int fd_ = -1;
};

}  // namespace wasmrun
