// What a program may do with the network, and the first thing that it was refused. Visible: NetAccess.
#pragma once

#include <netdb.h>

#include "wasi/net_lookup.h"
#include "wasi/net_rules.h"

namespace wasmrun::wasi {

/// The last word about every outgoing connection, datagram, local address and name look-up: on the address that goes to the
/// kernel, after every look-up.
class NetAccess {
 public:
  NetRules connect_rules, bind_rules;
  NameRules resolve_rules;

  /// Whether any option grants anything.
  bool is_enabled() const { return !connect_rules.empty() || !bind_rules.empty() || !resolve_rules.empty(); }
  /// Acces and a record of it when nothing is granted.
  Errno require_enabled();
  /// Errors: Acces, Afnosupport, Intr. May look names up that the options mention.
  Errno may_connect(Call& call, const sockaddr_storage& address);
  Errno may_bind(Call& call, const sockaddr_storage& address);
  /// As getaddrinfo. A name of --allow-connect or --allow-bind may be looked up too. Errors: Acces and those of NameLookup.
  Errno look_up(Call& call, const std::string& node, const std::string& service, const addrinfo& hints,
                std::vector<FoundAddress>* found);
  /// "connecting to 10.0.0.1:80 was refused: --allow-connect 10.0.0.1:80 would allow it"; empty when nothing was refused.
  const std::string& refusal() const { return refusal_; }

 private:
  Errno check(Call& call, NetRules& rules, const sockaddr_storage& address, const char* what, const char* option);
  Errno refuse(const std::string& what, const std::string& option);
  NameLookup lookup_;
  std::string refusal_;
};

}  // namespace wasmrun::wasi
