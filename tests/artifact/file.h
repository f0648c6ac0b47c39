// Artifacts in files without names. Visible: File, an engine, a module's text to an artifact.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/owned_fd.h"
#include "engine/engine.h"
#include "tests/support/catch.h"

namespace wasmrun::artifact::tests {

using Bytes = std::vector<uint8_t>;

inline OwnedFd new_file() {
  OwnedFd file(::memfd_create("artifact", MFD_CLOEXEC));
  REQUIRE(file.valid());
  return file;
}

inline OwnedFd file_of(const Bytes& bytes) {
  OwnedFd file = new_file();
  REQUIRE(::write(file.get(), bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
  return file;
}

inline Bytes bytes_of(const OwnedFd& file) {
  Bytes bytes(static_cast<size_t>(::lseek(file.get(), 0, SEEK_END)));
  REQUIRE(::pread(file.get(), bytes.data(), bytes.size(), 0) == static_cast<ssize_t>(bytes.size()));
  return bytes;
}

inline std::unique_ptr<Engine> new_engine(const EngineOptions& options = {}) {
  auto engine = Engine::create(options);
  if (!engine.ok()) FAIL(engine.error().to_string());
  return std::move(engine).value();
}

/// The artifact of a module in text form.
inline OwnedFd compile(Engine& engine, std::string_view text) {
  auto loaded = engine.load({text.begin(), text.end()});
  if (!loaded.ok()) FAIL(loaded.error().to_string());
  OwnedFd file = new_file();
  const auto written = engine.write_artifact(*loaded.value(), file.get());
  if (!written.ok()) FAIL(written.error().to_string());
  return file;
}

/// "io: ", "malformed: " or "unsupported: " and the message; empty when there is no error.
template <class T>
std::string error_of(const Result<T>& result) {
  if (result.ok()) return {};
  static constexpr const char* kKinds[] = {"malformed: ", "invalid: ", "unlinkable: ", "unsupported: ", "io: "};
  return kKinds[static_cast<int>(result.error().kind)] + result.error().message;
}

}  // namespace wasmrun::artifact::tests
