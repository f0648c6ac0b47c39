// Which addresses and names a program may use: --allow-connect, --allow-bind, --allow-resolve. Everything else is refused.
// Visible: NetAddress, NetRules, NameRules.
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"

namespace wasmrun::wasi {

/// An address as rules compare it: an IPv4 address that is mapped into IPv6 counts as IPv4.
struct NetAddress {
  bool is_v4 = true;
  uint8_t bytes[16] = {};  ///< network order; of IPv4 the first four
  uint16_t port = 0;

  /// False for a family other than IPv4 and IPv6.
  static bool from(const sockaddr_storage& host, NetAddress* address);
  std::string to_string() const;  ///< "10.0.0.1:80", "[::1]:80"
  bool same_host(const NetAddress& other) const;
  /// Loopback, link-local, unspecified or multicast: this machine or its neighbours.
  bool is_local() const;
};

/// What --allow-connect or --allow-bind say: "HOST:PORT" each, HOST a name, an address, a network ("10.0.0.0/8", "[fd00::]/8") or
/// "*", PORT a number, a range ("8000-8100") or "*".
class NetRules {
 public:
  /// `values` as typed, each a list with commas. Errors: Io; the message begins with `option`.
  static Result<NetRules> parse(std::string_view option, std::span<const std::string> values);

  bool empty() const { return rules_.empty(); }
  bool allows(const NetAddress& address) const;
  bool has_name(std::string_view name) const;
  /// Names that could allow the port and that nothing is known about yet.
  std::vector<std::string> unknown_names(uint16_t port) const;
  /// Says that `name` has these addresses. A name grants none of this machine or its neighbours, unless it is "localhost": whoever
  /// answers for a name must not open what its addresses would not.
  void learn(std::string_view name, std::span<const NetAddress> addresses);

 private:
  struct Rule {
    enum class Kind : uint8_t { Any, Network, Name } kind = Kind::Any;
    NetAddress network;
    unsigned prefix_bits = 0;
    std::string name;
    bool is_known = false;               ///< the name was looked up
    std::vector<NetAddress> addresses;   ///< of the name
    uint16_t first_port = 0;
    uint16_t last_port = UINT16_MAX;
  };
  static Result<Rule> parse_rule(std::string_view option, std::string_view text);
  std::vector<Rule> rules_;
};

/// What --allow-resolve says: names, or "*".
class NameRules {
 public:
  static Result<NameRules> parse(std::string_view option, std::span<const std::string> values);
  bool empty() const { return names_.empty(); }
  bool allows(std::string_view name) const;

 private:
  std::vector<std::string> names_;
};

}  // namespace wasmrun::wasi
