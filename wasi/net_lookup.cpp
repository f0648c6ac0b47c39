// See net_lookup.h.
#include "wasi/net_lookup.h"

#include <nss.h>
#include <poll.h>
#include <uv.h>

#include <cerrno>
#include <cstring>
#include <mutex>

#include "engine/base/program.h"

namespace wasmrun::wasi {

namespace {

struct Request {
  uv_getaddrinfo_t request{};
  bool is_done = false;
  bool is_abandoned = false;
  int status = 0;
  addrinfo* found = nullptr;
};

void finish(uv_getaddrinfo_t* handle, int status, addrinfo* found) {
  auto* request = static_cast<Request*>(handle->data);
  if (request->is_abandoned) {
    uv_freeaddrinfo(found);
    delete request;
    return;
  }
  request->is_done = true;
  request->status = status;
  request->found = found;
}

Errno from_lookup(int status) {
  switch (status) {
    case 0: return Errno::Success;
    case UV_EAI_NONAME:
    case UV_EAI_NODATA: return Errno::Noent;
    case UV_EAI_AGAIN: return Errno::Again;
    case UV_EAI_MEMORY: return Errno::Nomem;
    case UV_EAI_FAMILY:
    case UV_EAI_ADDRFAMILY: return Errno::Afnosupport;
    case UV_EAI_SERVICE:
    case UV_EAI_SOCKTYPE:
    case UV_EAI_BADFLAGS:
    case UV_EAI_BADHINTS:
    case UV_EINVAL: return Errno::Inval;
    case UV_ENAMETOOLONG: return Errno::Nametoolong;
    default: return Errno::Io;
  }
}

}  // namespace

void choose_name_services() {
  static std::once_flag is_chosen;
  std::call_once(is_chosen, [] {
    if (!is_static_program()) return;
    ::__nss_configure_lookup("hosts", "files dns");
    ::__nss_configure_lookup("services", "files");
  });
}

NameLookup::NameLookup() = default;

NameLookup::~NameLookup() {
  if (!loop_) return;
  uv_run(loop_.get(), UV_RUN_DEFAULT);
  uv_loop_close(loop_.get());
}

Errno NameLookup::find(Call& call, const std::string& node, const std::string& service, const addrinfo& hints,
                       std::vector<FoundAddress>* found) {
  if (!loop_) {
    auto loop = std::make_unique<uv_loop_t>();
    if (uv_loop_init(loop.get()) != 0) return Errno::Nomem;
    choose_name_services();
    loop_ = std::move(loop);
  }
  auto request = std::make_unique<Request>();
  request->request.data = request.get();
  const int failure = uv_getaddrinfo(loop_.get(), &request->request, finish, node.empty() ? nullptr : node.c_str(),
                                     service.empty() ? nullptr : service.c_str(), &hints);
  if (failure != 0) return from_lookup(failure);
  // The loop's own wait goes on after a signal; this one asks first whether the guest is to be stopped.
  uv_run(loop_.get(), UV_RUN_NOWAIT);
  while (!request->is_done) {
    pollfd entry{uv_backend_fd(loop_.get()), POLLIN, 0};
    if (::poll(&entry, 1, -1) < 0 && (errno != EINTR || call.interrupted())) {
      // A thread may be at it: the request lives until the loop has heard of its end.
      request->is_abandoned = true;
      uv_cancel(reinterpret_cast<uv_req_t*>(&request->request));
      (void)request.release();
      return Errno::Intr;
    }
    uv_run(loop_.get(), UV_RUN_NOWAIT);
  }
  for (const addrinfo* entry = request->found; entry; entry = entry->ai_next) {
    if (entry->ai_family != AF_INET && entry->ai_family != AF_INET6) continue;
    FoundAddress& address = found->emplace_back();
    std::memcpy(&address.address, entry->ai_addr, entry->ai_addrlen);
    address.size = entry->ai_addrlen;
    address.type = entry->ai_socktype;
    address.protocol = entry->ai_protocol;
    if (entry->ai_canonname) address.canonical_name = entry->ai_canonname;
  }
  uv_freeaddrinfo(request->found);
  return from_lookup(request->status);
}

}  // namespace wasmrun::wasi
