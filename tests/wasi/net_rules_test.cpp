// What --allow-connect, --allow-bind and --allow-resolve mean.
#include "wasi/net_rules.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <cstring>

#undef CHECK
#include "tests/support/catch.h"

namespace wasmrun::wasi {

namespace {

NetAddress address(const std::string& host, uint16_t port) {
  sockaddr_storage storage{};
  auto& v4 = reinterpret_cast<sockaddr_in&>(storage);
  auto& v6 = reinterpret_cast<sockaddr_in6&>(storage);
  if (::inet_pton(AF_INET, host.c_str(), &v4.sin_addr) == 1) {
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port);
  } else {
    REQUIRE(::inet_pton(AF_INET6, host.c_str(), &v6.sin6_addr) == 1);
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(port);
  }
  NetAddress result;
  REQUIRE(NetAddress::from(storage, &result));
  return result;
}

NetRules rules(std::vector<std::string> values) {
  auto parsed = NetRules::parse("--allow-connect", values);
  INFO((parsed.ok() ? "" : parsed.error().message));
  REQUIRE(parsed.ok());
  return std::move(parsed).value();
}

bool allows(const std::string& rule, const std::string& host, uint16_t port) {
  return rules({rule}).allows(address(host, port));
}

}  // namespace

TEST_CASE("an address rule allows that address and port only", "[wasi][net]") {
  CHECK(allows("10.0.0.1:80", "10.0.0.1", 80));
  CHECK_FALSE(allows("10.0.0.1:80", "10.0.0.1", 81));
  CHECK_FALSE(allows("10.0.0.1:80", "10.0.0.2", 80));
  CHECK_FALSE(allows("10.0.0.1:80", "::1", 80));
  CHECK(allows("[::1]:80", "::1", 80));
  CHECK_FALSE(allows("[::1]:80", "127.0.0.1", 80));
}

TEST_CASE("an IPv4 address in IPv6 clothes is compared as IPv4", "[wasi][net]") {
  CHECK(allows("10.0.0.1:80", "::ffff:10.0.0.1", 80));
  CHECK(allows("[::ffff:10.0.0.1]:80", "10.0.0.1", 80));
  CHECK(allows("[::ffff:10.0.0.0]/104:80", "10.200.0.1", 80));
  CHECK_FALSE(allows("[::ffff:10.0.0.0]/104:80", "11.0.0.1", 80));
  // All of IPv6 is not all of IPv4, whatever the clothes.
  CHECK_FALSE(allows("[::]/0:80", "::ffff:10.0.0.1", 80));
  // Other ways to write IPv4 addresses into IPv6 are IPv6 addresses.
  CHECK_FALSE(allows("127.0.0.1:80", "::127.0.0.1", 80));
}

TEST_CASE("a network allows the addresses that begin as it does", "[wasi][net]") {
  CHECK(allows("10.0.0.0/8:*", "10.255.1.2", 65535));
  CHECK_FALSE(allows("10.0.0.0/8:*", "11.0.0.0", 1));
  CHECK(allows("192.168.4.0/22:80", "192.168.7.255", 80));
  CHECK_FALSE(allows("192.168.4.0/22:80", "192.168.8.0", 80));
  CHECK(allows("0.0.0.0/0:80", "8.8.8.8", 80));
  CHECK_FALSE(allows("0.0.0.0/0:80", "::1", 80));
  CHECK(allows("1.2.3.4/32:80", "1.2.3.4", 80));
  CHECK(allows("[fd00::]/8:443", "fdab::1", 443));
  CHECK(allows("[fd00::/8]:443", "fdab::1", 443));
  CHECK_FALSE(allows("[fd00::]/8:443", "fe00::1", 443));
}

TEST_CASE("ports are a number, a range or all", "[wasi][net]") {
  for (const uint16_t port : {8000, 8050, 8100}) CHECK(allows("*:8000-8100", "1.2.3.4", port));
  for (const uint16_t port : {7999, 8101, 0}) CHECK_FALSE(allows("*:8000-8100", "1.2.3.4", port));
  for (const uint16_t port : {0, 1, 65535}) CHECK(allows("*:*", "::1", port));
  CHECK(allows("*:0", "1.2.3.4", 0));
  CHECK_FALSE(allows("*:0", "1.2.3.4", 1));
}

TEST_CASE("several rules come with commas or several options", "[wasi][net]") {
  const NetRules some = rules({"10.0.0.1:80,10.0.0.2:81", "[::1]:82"});
  CHECK(some.allows(address("10.0.0.1", 80)));
  CHECK(some.allows(address("10.0.0.2", 81)));
  CHECK(some.allows(address("::1", 82)));
  CHECK_FALSE(some.allows(address("10.0.0.1", 81)));
  CHECK(NetRules().empty());
  CHECK_FALSE(NetRules().allows(address("127.0.0.1", 80)));
}

TEST_CASE("a name allows what was found for it", "[wasi][net]") {
  NetRules some = rules({"Example.com:80"});
  CHECK(some.has_name("example.COM."));
  CHECK_FALSE(some.has_name("www.example.com"));
  CHECK_FALSE(some.allows(address("93.184.216.34", 80)));
  CHECK(some.unknown_names(80) == std::vector<std::string>{"example.com"});
  CHECK(some.unknown_names(81).empty());
  some.learn("example.com", std::vector{address("93.184.216.34", 0)});
  CHECK(some.unknown_names(80).empty());
  CHECK(some.allows(address("93.184.216.34", 80)));
  CHECK(some.allows(address("::ffff:93.184.216.34", 80)));
  CHECK_FALSE(some.allows(address("93.184.216.34", 443)));
  some.learn("other.com", std::vector{address("1.2.3.4", 0)});
  CHECK_FALSE(some.allows(address("1.2.3.4", 80)));
}

TEST_CASE("a name never grants this machine or its neighbours", "[wasi][net]") {
  NetRules some = rules({"evil.example:80", "localhost:90"});
  const std::vector<NetAddress> local{address("127.0.0.1", 0), address("0.0.0.0", 0),   address("169.254.169.254", 0),
                                      address("::1", 0),       address("::", 0),        address("fe80::1", 0),
                                      address("224.0.0.1", 0), address("ff02::1", 0),   address("::ffff:127.0.0.1", 0),
                                      address("255.255.255.255", 0)};
  some.learn("evil.example", local);
  for (NetAddress target : local) {
    target.port = 80;
    INFO(target.to_string());
    CHECK_FALSE(some.allows(target));
  }
  some.learn("localhost", local);
  CHECK(some.allows(address("127.0.0.1", 90)));
  CHECK(some.allows(address("::1", 90)));
}

TEST_CASE("wrong rules are refused with the option and what to write", "[wasi][net][attack]") {
  const auto problem = [](const std::string& text) {
    auto parsed = NetRules::parse("--allow-bind", std::vector{text});
    REQUIRE_FALSE(parsed.ok());
    return parsed.error().message;
  };
  CHECK(problem("10.0.0.1") == "--allow-bind: '10.0.0.1': expected HOST:PORT; a port may be '*'");
  CHECK(problem("[::1]") == "--allow-bind: '[::1]': expected HOST:PORT; a port may be '*'");
  CHECK(problem("::1:80") == "--allow-bind: '::1:80': put an IPv6 address in brackets: [::1]:80");
  CHECK(problem("a:http") == "--allow-bind: 'a:http': the port is no number from 0 to 65535, no range like 8000-8100 and not '*'");
  CHECK(problem("a:65536").find("no number from 0 to 65535") != std::string::npos);
  CHECK(problem("a:10-9").find("range of ports") != std::string::npos);
  CHECK(problem("10.0.0.0/33:80").find("from 0 to 32") != std::string::npos);
  CHECK(problem("[::]/129:80").find("from 0 to 128") != std::string::npos);
  CHECK(problem("10.0.0.0/x:80").find("from 0 to 32") != std::string::npos);
  CHECK(problem("[abc]:80").find("no address") != std::string::npos);
  CHECK(problem("a/8:80").find("no address") != std::string::npos);
  CHECK(problem("[::1:80").find("brackets") != std::string::npos);
  CHECK(problem("a b:80").find("no name") != std::string::npos);
  CHECK(problem(":80").find("no name") != std::string::npos);
  CHECK(problem("a:80,,b:80").find("expected HOST:PORT") != std::string::npos);
  CHECK_FALSE(NameRules::parse("--allow-resolve", std::vector<std::string>{"a b"}).ok());
}

TEST_CASE("names that may be looked up", "[wasi][net]") {
  const auto some = NameRules::parse("--allow-resolve", std::vector<std::string>{"a.example,B.example", "c"}).value();
  CHECK(some.allows("a.example"));
  CHECK(some.allows("b.example."));
  CHECK(some.allows("C"));
  CHECK_FALSE(some.allows("x.a.example"));
  CHECK_FALSE(NameRules().allows("a"));
  CHECK(NameRules::parse("--allow-resolve", std::vector<std::string>{"*"}).value().allows("anything"));
}

}  // namespace wasmrun::wasi
