#include "engine/runtime/demangle.h"

#include "tests/support/catch.h"

namespace wasmrun::runtime {
namespace {

TEST_CASE("C++ names are demangled", "[runtime]") {
  REQUIRE(demangle("_ZN3foo3barEi") == "foo::bar(int)");
  REQUIRE(demangle("_ZNSt3__16vectorIiNS_9allocatorIiEEE9push_backERKi") ==
          "std::__1::vector<int, std::__1::allocator<int> >::push_back(int const&)");
}

TEST_CASE("legacy Rust names lose their hash and escapes", "[runtime]") {
  REQUIRE(demangle("_ZN4core3fmt5write17h0123456789abcdefE") == "core::fmt::write");
  REQUIRE(demangle("_ZN50_$LT$T$u20$as$u20$core..convert..Into$LT$U$GT$$GT$4into17h0123456789abcdefE") ==
          "<T as core::convert::Into<U>>::into");
}

TEST_CASE("v0 Rust names are demangled", "[runtime]") {
  REQUIRE(demangle("_RNvC6_123foo3bar") == "123foo::bar");
  REQUIRE(demangle("_RNvCs15kBYyAo9fc_7mycrate7example") == "mycrate::example");
  REQUIRE(demangle("_RNvMs_Cs4Cv8Wi1oAIB_7mycrateNtB4_7Example3foo") == "<mycrate::Example>::foo");
  REQUIRE(demangle("_RNvXCs15kBYyAo9fc_7mycrateNtB2_7ExampleNtB2_5Trait3foo") == "<mycrate::Example as mycrate::Trait>::foo");
  REQUIRE(demangle("_RINvCs7QNMyyrGZU_7mycrate7examplejRShE") == "mycrate::example::<usize, &[u8]>");
  REQUIRE(demangle("_RNCNvCs15kBYyAo9fc_7mycrate4main0") == "mycrate::main::{closure#0}");
  REQUIRE(demangle("_RINvC7mycrate3fooKj10_E") == "mycrate::foo::<16>");
}

TEST_CASE("other names stay as they are", "[runtime]") {
  for (const char* name : {"main", "", "_", "_Z", "_ZN3fooE_broken", "_R", "_RNv", "_RNvB_", "fn_1", "_RNvCs_"}) {
    REQUIRE(demangle(name) == name);
  }
}

}  // namespace
}  // namespace wasmrun::runtime
