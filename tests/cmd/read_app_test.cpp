// Naming what a file is when it is no module.
#include "cmd/read_app.h"

#include <string_view>

#include "tests/support/catch.h"

using namespace wasmrun::cmd;
using namespace std::string_view_literals;

namespace {

bool contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

std::string format_of(std::string_view text) {
  const auto failure = foreign_format("f", {reinterpret_cast<const uint8_t*>(text.data()), text.size()});
  if (!failure) return "";
  CHECK(failure->exit_code == kCannotRun);
  return failure->message;
}

}  // namespace

TEST_CASE("what may be a module is left to the engine", "[cmd][read]") {
  CHECK(format_of("\0asm\1\0\0\0"sv) == "");
  CHECK(format_of("\0asm"sv) == "");
  CHECK(format_of("#!/usr/bin/env wasmrun\n\0asm\1\0\0\0"sv) == "");
  CHECK(format_of("garbage"sv) == "");
}

TEST_CASE("known formats of other kinds are named", "[cmd][read]") {
  CHECK(contains(format_of("\0asm\x0d\0\1\0"sv), "component"));
  CHECK(format_of("(module)"sv) == "");
  CHECK(format_of("#!/usr/bin/wasmrun\n ;; comment\n\n(module)"sv) == "");
  CHECK(contains(format_of(""sv), "empty"));
  CHECK(contains(format_of("#!/usr/bin/wasmrun"sv), "empty"));
  CHECK(contains(format_of("BC\xC0\xDE"sv), "bitcode"));
  CHECK(contains(format_of("\x7f"
                       "ELF"sv), "ELF"));
  CHECK(contains(format_of("\x1f\x8b"sv), "gzip"));
}

TEST_CASE("a comment that never ends is no endless loop", "[cmd][read]") { CHECK(format_of(";; comment"sv) == ""); }
