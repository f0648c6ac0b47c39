// See net_rules.h.
#include "wasi/net_rules.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstring>

namespace wasmrun::wasi {

namespace {

/// A name may change its addresses while the program runs; the oldest are forgotten.
constexpr size_t kMaxAddressesOfName = 256;

std::string lower_case(std::string_view text) {
  // "example.com." is the same name.
  if (text.size() > 1 && text.back() == '.') text.remove_suffix(1);
  std::string result(text);
  for (char& letter : result) letter = static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
  return result;
}

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= 255 && std::all_of(text.begin(), text.end(), [](unsigned char letter) {
    return std::isalnum(letter) || letter == '-' || letter == '.' || letter == '_' || letter >= 0x80;
  });
}

template <class T>
bool parse_number(std::string_view text, T* number) {
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), *number);
  return !text.empty() && problem == std::errc() && end == text.data() + text.size();
}

bool parse_address(const std::string& text, NetAddress* address) {
  if (::inet_pton(AF_INET, text.c_str(), address->bytes) == 1) {
    address->is_v4 = true;
    return true;
  }
  address->is_v4 = false;
  return ::inet_pton(AF_INET6, text.c_str(), address->bytes) == 1;
}

/// ::ffff:a.b.c.d as a.b.c.d.
void normalize(NetAddress* address) {
  static constexpr uint8_t kMapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  if (address->is_v4 || std::memcmp(address->bytes, kMapped, sizeof(kMapped)) != 0) return;
  uint8_t v4[4];
  std::memcpy(v4, address->bytes + 12, 4);
  std::memset(address->bytes, 0, sizeof(address->bytes));
  std::memcpy(address->bytes, v4, 4);
  address->is_v4 = true;
}

bool same_prefix(const uint8_t* a, const uint8_t* b, unsigned bits) {
  if (std::memcmp(a, b, bits / 8) != 0) return false;
  const unsigned rest = bits % 8;
  return rest == 0 || ((a[bits / 8] ^ b[bits / 8]) >> (8 - rest)) == 0;
}

template <class Visit>
bool for_each_entry(std::span<const std::string> values, Visit visit) {
  for (const std::string_view value : values) {
    for (size_t begin = 0; begin <= value.size();) {
      const size_t end = std::min(value.find(',', begin), value.size());
      if (!visit(value.substr(begin, end - begin))) return false;
      begin = end + 1;
    }
  }
  return true;
}

Error rule_error(std::string_view option, std::string_view text, const std::string& problem) {
  return {ErrorKind::Io, std::string(option) + ": '" + std::string(text) + "': " + problem};
}

}  // namespace

bool NetAddress::from(const sockaddr_storage& host, NetAddress* address) {
  *address = NetAddress();
  if (host.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(host);
    std::memcpy(address->bytes, &v4.sin_addr, 4);
    address->port = ntohs(v4.sin_port);
    return true;
  }
  if (host.ss_family != AF_INET6) return false;
  const auto& v6 = reinterpret_cast<const sockaddr_in6&>(host);
  address->is_v4 = false;
  std::memcpy(address->bytes, &v6.sin6_addr, 16);
  address->port = ntohs(v6.sin6_port);
  normalize(address);
  return true;
}

std::string NetAddress::to_string() const {
  char text[INET6_ADDRSTRLEN] = "";
  ::inet_ntop(is_v4 ? AF_INET : AF_INET6, bytes, text, sizeof(text));
  return (is_v4 ? std::string(text) : "[" + std::string(text) + "]") + ":" + std::to_string(port);
}

bool NetAddress::same_host(const NetAddress& other) const {
  return is_v4 == other.is_v4 && std::memcmp(bytes, other.bytes, sizeof(bytes)) == 0;
}

bool NetAddress::is_local() const {
  if (is_v4) {
    return bytes[0] == 0 || bytes[0] == 127 || bytes[0] >= 224 || (bytes[0] == 169 && bytes[1] == 254);
  }
  static constexpr uint8_t kZero[15] = {};
  return bytes[0] == 0xff || (bytes[0] == 0xfe && (bytes[1] & 0xc0) == 0x80) ||
         (std::memcmp(bytes, kZero, sizeof(kZero)) == 0 && bytes[15] <= 1);
}

Result<NetRules::Rule> NetRules::parse_rule(std::string_view option, std::string_view text) {
  Rule rule;
  const size_t colon = text.rfind(':');
  if (colon == text.npos || text.back() == ']') return rule_error(option, text, "expected HOST:PORT; a port may be '*'");
  const std::string_view port = text.substr(colon + 1);
  if (port != "*") {
    const size_t dash = port.find('-');
    if (!parse_number(port.substr(0, dash), &rule.first_port)) {
      return rule_error(option, text, "the port is no number from 0 to 65535, no range like 8000-8100 and not '*'");
    }
    rule.last_port = rule.first_port;
    if (dash != port.npos && (!parse_number(port.substr(dash + 1), &rule.last_port) || rule.last_port < rule.first_port)) {
      return rule_error(option, text, "the range of ports does not end in a greater port up to 65535");
    }
  }
  std::string host(text.substr(0, colon));
  if (host == "*") return rule;
  const bool has_brackets = host.find_first_of("[]") != host.npos;
  if (has_brackets) {
    // "[::1]", "[fd00::]/8" and "[fd00::/8]"
    const size_t close = host.find(']');
    if (host.front() != '[' || close == host.npos) return rule_error(option, text, "the brackets do not match");
    host = host.substr(1, close - 1) + host.substr(close + 1);
  } else if (host.find(':') != host.npos) {
    return rule_error(option, text, "put an IPv6 address in brackets: [" + host + "]:" + std::string(port));
  }
  const size_t slash = host.find('/');
  const std::string address = host.substr(0, slash);
  if (parse_address(address, &rule.network)) {
    rule.kind = Rule::Kind::Network;
    const unsigned longest = rule.network.is_v4 ? 32 : 128;
    rule.prefix_bits = longest;
    if (slash != host.npos && (!parse_number(std::string_view(host).substr(slash + 1), &rule.prefix_bits) || rule.prefix_bits > longest)) {
      return rule_error(option, text, "the network's length is no number from 0 to " + std::to_string(longest));
    }
    const bool was_v6 = !rule.network.is_v4;
    if (was_v6 && rule.prefix_bits >= 96) {
      normalize(&rule.network);
      if (rule.network.is_v4) rule.prefix_bits -= 96;
    }
    return rule;
  }
  if (has_brackets || slash != host.npos) return rule_error(option, text, "the host is no address");
  if (!is_name(host)) return rule_error(option, text, "the host is no name, no address, no network and not '*'");
  rule.kind = Rule::Kind::Name;
  rule.name = lower_case(host);
  return rule;
}

Result<NetRules> NetRules::parse(std::string_view option, std::span<const std::string> values) {
  NetRules rules;
  Error problem;
  const bool ok = for_each_entry(values, [&](std::string_view entry) {
    auto rule = parse_rule(option, entry);
    if (!rule.ok()) {
      problem = std::move(rule).error();
      return false;
    }
    rules.rules_.push_back(std::move(rule).value());
    return true;
  });
  if (!ok) return problem;
  return rules;
}

bool NetRules::allows(const NetAddress& address) const {
  for (const Rule& rule : rules_) {
    if (address.port < rule.first_port || address.port > rule.last_port) continue;
    switch (rule.kind) {
      case Rule::Kind::Any: return true;
      case Rule::Kind::Network:
        if (rule.network.is_v4 == address.is_v4 && same_prefix(rule.network.bytes, address.bytes, rule.prefix_bits)) return true;
        break;
      case Rule::Kind::Name:
        for (const NetAddress& known : rule.addresses) {
          if (known.same_host(address)) return true;
        }
        break;
    }
  }
  return false;
}

bool NetRules::has_name(std::string_view name) const {
  const std::string wanted = lower_case(name);
  return std::any_of(rules_.begin(), rules_.end(),
                     [&](const Rule& rule) { return rule.kind == Rule::Kind::Name && rule.name == wanted; });
}

std::vector<std::string> NetRules::unknown_names(uint16_t port) const {
  std::vector<std::string> names;
  for (const Rule& rule : rules_) {
    if (rule.kind == Rule::Kind::Name && !rule.is_known && port >= rule.first_port && port <= rule.last_port) {
      names.push_back(rule.name);
    }
  }
  return names;
}

void NetRules::learn(std::string_view name, std::span<const NetAddress> addresses) {
  const std::string wanted = lower_case(name);
  const bool is_localhost = wanted == "localhost" || wanted.ends_with(".localhost");
  for (Rule& rule : rules_) {
    if (rule.kind != Rule::Kind::Name || rule.name != wanted) continue;
    rule.is_known = true;
    for (const NetAddress& address : addresses) {
      if (address.is_local() && !is_localhost) continue;
      const bool is_new = std::none_of(rule.addresses.begin(), rule.addresses.end(),
                                       [&](const NetAddress& known) { return known.same_host(address); });
      if (is_new) rule.addresses.push_back(address);
    }
    if (rule.addresses.size() > kMaxAddressesOfName) {
      rule.addresses.erase(rule.addresses.begin(), rule.addresses.end() - kMaxAddressesOfName);
    }
  }
}

Result<NameRules> NameRules::parse(std::string_view option, std::span<const std::string> values) {
  NameRules rules;
  Error problem;
  const bool ok = for_each_entry(values, [&](std::string_view entry) {
    if (entry != "*" && !is_name(entry)) {
      problem = rule_error(option, entry, "expected a name or '*'");
      return false;
    }
    rules.names_.push_back(lower_case(entry));
    return true;
  });
  if (!ok) return problem;
  return rules;
}

bool NameRules::allows(std::string_view name) const {
  const std::string wanted = lower_case(name);
  return std::any_of(names_.begin(), names_.end(), [&](const std::string& rule) { return rule == "*" || rule == wanted; });
}

}  // namespace wasmrun::wasi
