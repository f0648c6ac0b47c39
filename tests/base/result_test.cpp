#include "engine/base/result.h"

#include <memory>

#include "tests/support/catch.h"

namespace wasmrun {
namespace {

Result<std::unique_ptr<int>> make(bool succeed) {
  if (!succeed) return Error{ErrorKind::Invalid, "type mismatch", 31};
  return std::make_unique<int>(7);
}

Result<void> check_only(bool succeed) {
  if (!succeed) return Error{ErrorKind::Io, "no such file"};
  return {};
}

Result<int> use(bool first, bool second) {
  const std::unique_ptr<int> value = TRY(make(first));
  TRY(check_only(second));
  return *value + 1;
}

}  // namespace

TEST_CASE("TRY hands on the value, or returns the error", "[base]") {
  CHECK(use(true, true).value() == 8);
  CHECK(use(false, true).error().kind == ErrorKind::Invalid);
  CHECK(use(true, false).error().message == "no such file");
  CHECK_FALSE(use(true, false).error().offset.has_value());
}

TEST_CASE("an error prints its offset when it has one", "[base]") {
  CHECK(make(false).error().to_string() == "type mismatch (at offset 0x1f)");
  CHECK(check_only(false).error().to_string() == "no such file");
}

}  // namespace wasmrun
