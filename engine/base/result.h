// How a failure caused by input travels: a value or an Error. Visible: ErrorKind, Error, Result, TRY.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "engine/base/check.h"

namespace wasmrun {

/// What was wrong with the input; the kinds are those of the test scripts (`assert_malformed`, ...).
enum class ErrorKind : uint8_t {
  Malformed,    ///< bytes or text that do not follow the grammar
  Invalid,      ///< well formed, but against a validation rule
  Unlinkable,   ///< imports that cannot be satisfied
  Unsupported,  ///< valid WebAssembly that this build does not run
  Io,           ///< a file or the operating system refused
};

/// A failure caused by input. `message` begins with the test suite's words; it does not repeat the offset.
struct Error {
  ErrorKind kind;
  std::string message;
  /// Byte offset in the module, where the failure has one.
  std::optional<uint64_t> offset = std::nullopt;

  /// The message with its place: "type mismatch: expected i32, found f32 (at offset 0x1f)".
  std::string to_string() const;
};

/// A value or an Error. `Result<void>` is success or an Error.
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }
  T& value() & {
    CHECK(ok());
    return *std::get_if<0>(&state_);
  }
  const T& value() const& {
    CHECK(ok());
    return *std::get_if<0>(&state_);
  }
  T&& value() && {
    CHECK(ok());
    return std::move(*std::get_if<0>(&state_));
  }
  const Error& error() const& {
    CHECK(!ok());
    return *std::get_if<1>(&state_);
  }
  Error&& error() && {
    CHECK(!ok());
    return std::move(*std::get_if<1>(&state_));
  }

 private:
  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)) {}

  bool ok() const { return !error_.has_value(); }
  explicit operator bool() const { return ok(); }
  void value() const { CHECK(ok()); }
  const Error& error() const& {
    CHECK(!ok());
    return *error_;
  }
  Error&& error() && {
    CHECK(!ok());
    return std::move(*error_);
  }

 private:
  std::optional<Error> error_;
};

}  // namespace wasmrun

/// Evaluates to the value of a Result, or returns its error from the calling function.
#define TRY(expression)                                        \
  __extension__({                                              \
    auto&& try_result = (expression);                          \
    if (!try_result.ok()) return std::move(try_result).error(); \
    std::move(try_result).value();                             \
  })
