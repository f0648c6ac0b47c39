// Shorthands of this room's tests.
#pragma once

#include <string>

#include "engine/binary/read_module.h"
#include "tests/support/catch.h"
#include "tests/support/module_builder.h"

namespace wasmrun::binary {

using testing::Bytes;
using testing::bytes;
using testing::leb_s;
using testing::leb_u;
using testing::ModuleBuilder;
using testing::sized;

inline const Bytes kHeader{0x00, 'a', 's', 'm', 1, 0, 0, 0};

/// Decodes with a registry of its own, which lives as long as the process.
inline Result<module::Module> read(std::shared_ptr<const Bytes> module) {
  static module::TypeRegistry types;
  return read_module(std::move(module), types);
}
inline Result<module::Module> read(const ModuleBuilder& builder) {
  return read(builder.build());
}
/// A header, then `sections` as they are.
inline Result<module::Module> read_sections(const Bytes& sections) {
  return read(std::make_shared<const Bytes>(bytes(kHeader, sections)));
}

inline module::Module read_valid(const ModuleBuilder& builder) {
  Result<module::Module> result = read(builder);
  if (!result.ok()) FAIL(result.error().to_string());
  return std::move(result).value();
}

/// "malformed: " or another kind, then the message. Fails the test when there is no error, or one without an offset.
inline std::string error_of(const Result<module::Module>& result) {
  if (result.ok()) return "no error";
  static constexpr const char* kKinds[] = {"malformed: ", "invalid: ", "unlinkable: ", "unsupported: ", "io: "};
  CHECK(result.error().offset.has_value());
  return kKinds[static_cast<int>(result.error().kind)] + result.error().message;
}

inline std::string view_text(const module::Module& module, module::ByteRange range) {
  const auto view = module.view(range);
  return std::string(view.begin(), view.end());
}

}  // namespace wasmrun::binary
