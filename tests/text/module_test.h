// Helpers of the text tests: assemble, decode, validate. Visible: assemble, decode, body_of, error_of.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/binary/read_module.h"
#include "engine/text/text.h"
#include "engine/validate/validate.h"
#include "tests/support/catch.h"

namespace wasmrun::text_tests {

inline std::vector<uint8_t> assemble(std::string_view source) {
  auto bytes = text::assemble_module(source);
  if (!bytes.ok()) FAIL(bytes.error().message);
  return std::move(bytes).value();
}

/// The module decoded again, and validated.
inline module::Module decode(std::string_view source) {
  static module::TypeRegistry types;
  auto read = binary::read_module(std::make_shared<const std::vector<uint8_t>>(assemble(source)), types);
  if (!read.ok()) FAIL(read.error().to_string());
  module::Module result = std::move(read).value();
  const auto checked = validate::check_module(result);
  if (!checked.ok()) FAIL(checked.error().to_string());
  validate::FunctionValidator validator(result);
  module::FunctionSummary summary;
  for (uint32_t i = result.imported_functions; i < result.functions.size(); ++i) {
    const auto body = validator.check(FuncIndex(i), summary);
    if (!body.ok()) FAIL(body.error().to_string());
  }
  return result;
}

/// The bytes of the last function's body, locals included; the module need not be valid.
inline std::vector<uint8_t> body_of(std::string_view source) {
  static module::TypeRegistry types;
  auto read = binary::read_module(std::make_shared<const std::vector<uint8_t>>(assemble(source)), types);
  if (!read.ok()) FAIL(read.error().to_string());
  const auto view = read.value().view(read.value().functions.back().body);
  return {view.begin(), view.end()};
}

inline std::string error_of(std::string_view source) {
  const auto bytes = text::assemble_module(source);
  REQUIRE_FALSE(bytes.ok());
  CHECK(bytes.error().kind == ErrorKind::Malformed);
  return bytes.error().message;
}

}  // namespace wasmrun::text_tests
