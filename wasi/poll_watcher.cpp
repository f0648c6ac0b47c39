// See poll_watcher.h. A descriptor that is closed leaves the kernel's list by itself. One that is merely polled no more stays until
// it becomes ready; then it is taken off.
#include "wasi/poll_watcher.h"

#include <algorithm>
#include <cerrno>

namespace wasmrun::wasi {

static_assert(EPOLLIN == POLLIN && EPOLLOUT == POLLOUT && EPOLLERR == POLLERR && EPOLLHUP == POLLHUP && EPOLLRDHUP == POLLRDHUP);

bool Watcher::watch(int host, uint32_t serial, uint32_t events) {
  Watch& known = watches_[static_cast<size_t>(host)];
  if (known.serial == serial && known.events == events) return true;
  epoll_event event{};
  event.events = events;
  event.data.fd = host;
  int result = ::epoll_ctl(list_.get(), known.serial == serial ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, host, &event);
  if (result != 0 && errno == EEXIST) result = ::epoll_ctl(list_.get(), EPOLL_CTL_MOD, host, &event);
  // Some devices cannot be watched, and lists have a limit: ppoll takes these.
  known.serial = result == 0 ? serial : 0;
  known.events = events;
  return result == 0;
}

bool Watcher::begin(std::span<pollfd> polled, std::span<const uint32_t> serials) {
  if (!list_.valid()) list_.reset(::epoll_create1(EPOLL_CLOEXEC));
  if (!list_.valid()) return false;
  for (size_t i = 0; i < polled.size(); ++i) {
    const auto host = static_cast<size_t>(polled[i].fd);
    if (serials[i] == 0) continue;
    if (host >= watches_.size()) watches_.resize(std::max(host + 1, 2 * watches_.size()));
    if (!watch(polled[i].fd, serials[i], static_cast<uint32_t>(static_cast<uint16_t>(polled[i].events)))) continue;
    watches_[host].entry = static_cast<uint32_t>(i);
    polled[i].fd = ~polled[i].fd;
  }
  ready_.resize(polled.size());
  return true;
}

void Watcher::collect(std::span<pollfd> polled) {
  const int count = ::epoll_wait(list_.get(), ready_.data(), static_cast<int>(ready_.size()), 0);
  for (int i = 0; i < count; ++i) {
    const int host = ready_[static_cast<size_t>(i)].data.fd;
    Watch& known = watches_[static_cast<size_t>(host)];
    if (known.entry == kNone) {
      ::epoll_ctl(list_.get(), EPOLL_CTL_DEL, host, nullptr);
      known.serial = 0;
    } else {
      polled[known.entry].revents = static_cast<short>(ready_[static_cast<size_t>(i)].events);
    }
  }
}

void Watcher::end(std::span<const pollfd> polled) {
  for (const pollfd& entry : polled) {
    if (entry.fd < 0) watches_[static_cast<size_t>(~entry.fd)].entry = kNone;
  }
}

}  // namespace wasmrun::wasi
