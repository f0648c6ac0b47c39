// Looking names up without being stuck in it: by libuv's threads, so that an interrupt ends the wait. Visible: NameLookup,
// choose_name_services.
#pragma once

#include <netdb.h>
#include <sys/socket.h>

#include <memory>
#include <string>
#include <vector>

#include "wasi/functions.h"

struct uv_loop_s;

namespace wasmrun::wasi {

/// To be called before names are looked up, by whatever way. A static program has the C library's modules for files and DNS in it; the
/// others that a system may be set up for are shared libraries, which it must not be led to load.
void choose_name_services();

struct FoundAddress {
  sockaddr_storage address{};
  socklen_t size = 0;
  int type = 0;
  int protocol = 0;
  std::string canonical_name;  ///< of the first, when asked for
};

class NameLookup {
 public:
  NameLookup();
  NameLookup(const NameLookup&) = delete;
  NameLookup& operator=(const NameLookup&) = delete;
  /// Waits for what was given up.
  ~NameLookup();

  /// As getaddrinfo(3); empty strings stand for null. Errors: Noent (no such name), Again, Intr when the guest is to be stopped, and others.
  Errno find(Call& call, const std::string& node, const std::string& service, const addrinfo& hints, std::vector<FoundAddress>* found);

 private:
  std::unique_ptr<uv_loop_s> loop_;
};

}  // namespace wasmrun::wasi
