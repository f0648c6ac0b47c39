// See net_access.h.
#include "wasi/net_access.h"

#include <arpa/inet.h>

namespace wasmrun::wasi {

namespace {

bool is_numeric(const std::string& node) {
  uint8_t bytes[16];
  return ::inet_pton(AF_INET, node.c_str(), bytes) == 1 || ::inet_pton(AF_INET6, node.c_str(), bytes) == 1;
}

}  // namespace

Errno NetAccess::refuse(const std::string& what, const std::string& option) {
  if (refusal_.empty()) refusal_ = what + " was refused: " + option + " would allow it";
  return Errno::Acces;
}

Errno NetAccess::require_enabled() {
  return is_enabled() ? Errno::Success : refuse("opening a socket", "--allow-connect HOST:PORT or --allow-bind HOST:PORT");
}

Errno NetAccess::may_connect(Call& call, const sockaddr_storage& address) {
  return check(call, connect_rules, address, "connecting to ", "--allow-connect ");
}

Errno NetAccess::may_bind(Call& call, const sockaddr_storage& address) {
  return check(call, bind_rules, address, "binding to ", "--allow-bind ");
}

Errno NetAccess::check(Call& call, NetRules& rules, const sockaddr_storage& address, const char* what, const char* option) {
  NetAddress wanted;
  if (!NetAddress::from(address, &wanted)) return Errno::Afnosupport;
  if (rules.allows(wanted)) return Errno::Success;
  for (const std::string& name : rules.unknown_names(wanted.port)) {
    std::vector<FoundAddress> ignored;
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    if (const Errno error = look_up(call, name, {}, hints, &ignored); error == Errno::Intr) return error;
  }
  return rules.allows(wanted) ? Errno::Success : refuse(what + wanted.to_string(), option + wanted.to_string());
}

Errno NetAccess::look_up(Call& call, const std::string& node, const std::string& service, const addrinfo& hints,
                         std::vector<FoundAddress>* found) {
  if (const Errno error = require_enabled(); error != Errno::Success) return error;
  const bool is_granted_by_rule = connect_rules.has_name(node) || bind_rules.has_name(node);
  if (!node.empty() && !is_numeric(node) && !is_granted_by_rule && !resolve_rules.allows(node)) {
    return refuse("looking up '" + node + "'", "--allow-resolve " + node);
  }
  const Errno error = lookup_.find(call, node, service, hints, found);
  if (is_granted_by_rule && (error == Errno::Success || error == Errno::Noent)) {
    std::vector<NetAddress> addresses(found->size());
    for (size_t i = 0; i < found->size(); ++i) NetAddress::from((*found)[i].address, &addresses[i]);
    connect_rules.learn(node, addresses);
    bind_rules.learn(node, addresses);
  }
  return error;
}

}  // namespace wasmrun::wasi
