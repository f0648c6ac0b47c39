// Waiting for many descriptors that stay much the same from call to call, as a server's do: the kernel keeps the list (epoll),
// and only what changed is told to it. Visible: Watcher.
#pragma once

#include <poll.h>
#include <sys/epoll.h>

#include <cstdint>
#include <span>
#include <vector>

#include "engine/base/owned_fd.h"

namespace wasmrun::wasi {

class Watcher {
 public:
  /// What ppoll takes well; the kernel's work on longer lists grows with their length at every call.
  static constexpr size_t kMinDescriptors = 64;

  /// Watches for what `polled` says. `serials` tell the descriptors of one number apart; 0: not to be watched, because its
  /// description is shared and outlives it. Sets the `fd` of entries that are watched here to its complement, which ppoll skips.
  /// False: the kernel has no room for a list.
  bool begin(std::span<pollfd> polled, std::span<const uint32_t> serials);
  /// Ready for reading when a watched descriptor is ready.
  int fd() const { return list_.get(); }
  /// Fills the `revents` of what is ready.
  void collect(std::span<pollfd> polled);
  void end(std::span<const pollfd> polled);

 private:
  static constexpr uint32_t kNone = UINT32_MAX;
  struct Watch {
    uint32_t serial = 0;
    uint32_t events = 0;
    uint32_t entry = kNone;  ///< in the call under way
  };
  bool watch(int host, uint32_t serial, uint32_t events);

  OwnedFd list_;
  std::vector<Watch> watches_;  ///< by host descriptor
  std::vector<epoll_event> ready_;
};

}  // namespace wasmrun::wasi
