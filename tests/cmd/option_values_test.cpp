// Values of options: what is accepted, and what it means.
#include "cmd/option_values.h"

#include "tests/support/catch.h"

using namespace wasmrun::cmd;

TEST_CASE("a directory is HOST, HOST::GUEST and :ro", "[cmd][dir]") {
  CHECK(parse_dir(".").value == DirGrant{".", ".", false});
  CHECK(parse_dir("/a/b::/c").value == DirGrant{"/a/b", "/c", false});
  CHECK(parse_dir("x:ro").value == DirGrant{"x", "x", true});
  CHECK(parse_dir("x::/y:ro").value == DirGrant{"x", "/y", true});
  CHECK(parse_dir("a:b").value == DirGrant{"a:b", "a:b", false});
  CHECK(parse_dir("x::./ro").value == DirGrant{"x", "./ro", false});
}

TEST_CASE("a directory with an empty name or two meanings is refused", "[cmd][dir]") {
  for (const char* text : {"::/x", ":ro", "x::", "x:::ro", "x::ro", "::ro"}) {
    INFO(text);
    CHECK_FALSE(parse_dir(text).value);
    CHECK_FALSE(parse_dir(text).problem.empty());
  }
}

TEST_CASE("a preload is NAME=FILE", "[cmd][preload]") {
  CHECK(parse_preload("lib=a=b.wasm").value == Preload{"lib", "a=b.wasm"});
  CHECK(parse_preload("=file").value == Preload{"", "file"});
  CHECK_FALSE(parse_preload("lib").value);
  CHECK_FALSE(parse_preload("lib=").value);
}

TEST_CASE("durations need a positive number and a unit", "[cmd][timeout]") {
  using namespace std::chrono_literals;
  CHECK(parse_duration("500ms").value == 500ms);
  CHECK(parse_duration("2s").value == 2000ms);
  CHECK(parse_duration("1.5s").value == 1500ms);
  CHECK(parse_duration("3m").value == 180'000ms);
  CHECK(parse_duration("1h").value == 3'600'000ms);
  CHECK(parse_duration("0.1ms").value == 1ms);
  for (const char* text : {"", "5", "s", "0s", "-1s", "1 s", "1d", "1e3s", "infs", "nans", "1e400s", "99999999999999h", "2s ", "0x1s"}) {
    INFO(text);
    CHECK_FALSE(parse_duration(text).value);
  }
}

TEST_CASE("sizes are whole bytes with an optional unit", "[cmd][max-memory]") {
  CHECK(parse_size("65536").value == 65536u);
  CHECK(parse_size("1K").value == 1024u);
  CHECK(parse_size("1KB").value == 1000u);
  CHECK(parse_size("64MiB").value == uint64_t{64} << 20);
  CHECK(parse_size("2G").value == uint64_t{2} << 30);
  CHECK(parse_size("17179869183G").value == 17179869183u * (uint64_t{1} << 30));
  for (const char* text : {"", "0", "-1", "1.5G", "G", "1T", "1 M", "17179869184G", "99999999999999999999", "1m", "+1"}) {
    INFO(text);
    CHECK_FALSE(parse_size(text).value);
  }
}

TEST_CASE("the guest's environment holds what it is given and no more", "[cmd][env]") {
  const std::vector<std::string_view> host{"HOME=/root", "EMPTY=", "A=1", "HOMEPAGE=x", "broken"};
  CHECK(guest_environment({}, false, host).empty());
  const std::vector<std::string> settings{"A=2", "HOME", "EMPTY", "NONE", "A=3=4", "E="};
  CHECK(guest_environment(settings, false, host) == Environment{{"A", "3=4"}, {"HOME", "/root"}, {"EMPTY", ""}, {"E", ""}});
  CHECK(guest_environment({}, true, host) == Environment{{"HOME", "/root"}, {"EMPTY", ""}, {"A", "1"}, {"HOMEPAGE", "x"}});
  const std::vector<std::string> one{"A=9"};
  CHECK(guest_environment(one, true, host)[2] == std::pair<std::string, std::string>{"A", "9"});
  CHECK(check_env("A=").empty());
  CHECK_FALSE(check_env("=x").empty());
}
