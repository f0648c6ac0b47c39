// Builds small modules from bytes and says what validation thinks of them. Visible: Builder, code(), op, valid, invalid, malformed.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/binary/read_module.h"
#include "engine/instructions/visit.h"
#include "engine/validate/validate.h"
#include "tests/support/catch.h"

namespace wasmrun::tests {

using Bytes = std::vector<uint8_t>;

/// An instruction without its immediates.
struct Op {
  uint8_t prefix;
  uint32_t code;
};
namespace op {
#define OP(name, text, prefix, code, ...) inline constexpr Op name{prefix, code};
#define OP_RULE OP
#include "engine/instructions/opcodes.def"
#undef OP
#undef OP_RULE
}  // namespace op

/// One byte, as it is.
struct Byte {
  uint8_t value;
};
namespace t {
inline constexpr Byte none{0x40}, i32{0x7f}, i64{0x7e}, f32{0x7d}, f64{0x7c}, v128{0x7b}, funcref{0x70}, externref{0x6f},
    anyref{0x6e}, eqref{0x6d}, i31ref{0x6c}, structref{0x6b}, arrayref{0x6a}, exnref{0x69}, nullref{0x71}, ref{0x64}, ref_null{0x63};
}  // namespace t

inline void put(Bytes& out, uint64_t value) {
  for (; value >= 0x80; value >>= 7) out.push_back(static_cast<uint8_t>(value | 0x80));
  out.push_back(static_cast<uint8_t>(value));
}
inline void put(Bytes& out, unsigned value) { put(out, uint64_t{value}); }
inline void put(Bytes& out, int value) {
  int64_t rest = value;
  for (; rest < -64 || rest > 63; rest >>= 7) out.push_back(static_cast<uint8_t>(rest | 0x80));
  out.push_back(static_cast<uint8_t>(rest & 0x7f));
}
inline void put(Bytes& out, Byte byte) { out.push_back(byte.value); }
inline void put(Bytes& out, const Bytes& bytes) { out.insert(out.end(), bytes.begin(), bytes.end()); }
inline void put(Bytes& out, Op op) {
  if (op.prefix) out.push_back(op.prefix);
  if (op.prefix) put(out, op.code);
  else out.push_back(static_cast<uint8_t>(op.code));
}

/// Joins instructions and immediates: unsigned numbers are indices, `int` ones signed constants, Byte and Bytes stay.
template <class... Part>
Bytes code(const Part&... parts) {
  Bytes out;
  (put(out, parts), ...);
  return out;
}

inline Bytes repeat(size_t count, const Bytes& bytes) {
  Bytes out;
  out.reserve(count * bytes.size());
  for (size_t i = 0; i < count; ++i) put(out, bytes);
  return out;
}

/// `(ref $type)` and `(ref null $type)`.
inline Bytes ref(unsigned type) { return code(t::ref, type); }
inline Bytes ref_null(unsigned type) { return code(t::ref_null, type); }

/// A module under construction: each call adds one entry to its section and returns its position in the section.
class Builder {
 public:
  unsigned add(unsigned section, const Bytes& entry) {
    put(sections_[section], entry);
    return counts_[section]++;
  }
  /// A type section's entry: anything binary-rectype allows.
  unsigned type(const Bytes& entry) { return add(1, entry); }
  unsigned func_type(const std::vector<Bytes>& params, const std::vector<Bytes>& results) {
    Bytes entry{0x60};
    put(entry, static_cast<unsigned>(params.size()));
    for (const Bytes& param : params) put(entry, param);
    put(entry, static_cast<unsigned>(results.size()));
    for (const Bytes& result : results) put(entry, result);
    return type(entry);
  }
  /// `kind_and_type` as binary-externtype.
  unsigned import(const Bytes& kind_and_type) { return add(2, code(1u, Byte{'m'}, 1u, Byte{'n'}, kind_and_type)); }
  unsigned table(const Bytes& type) { return add(4, type); }
  unsigned memory(const Bytes& limits) { return add(5, limits); }
  unsigned tag(unsigned type) { return add(13, code(Byte{0}, type)); }
  /// `init` without its `end`.
  unsigned global(const Bytes& type, bool is_mutable, const Bytes& init) {
    return add(6, code(type, Byte{is_mutable}, init, op::end));
  }
  unsigned export_(char name, uint8_t kind, unsigned index) {
    return add(7, code(1u, Byte{static_cast<uint8_t>(name)}, Byte{kind}, index));
  }
  void start(unsigned function) { start_ = code(function); }
  unsigned elem(const Bytes& entry) { return add(9, entry); }
  unsigned data(const Bytes& entry) { return add(11, entry); }
  void data_count(unsigned count) { data_count_ = code(count); }
  /// A function; `body` without its final `end`. `locals` are the groups, counted by `groups`.
  unsigned func(unsigned type, const Bytes& body, unsigned groups = 0, const Bytes& locals = {}) {
    return raw_func(type, code(groups, locals, body, op::end));
  }
  unsigned raw_func(unsigned type, const Bytes& body) {
    add(10, code(static_cast<unsigned>(body.size()), body));
    return add(3, code(type));
  }

  Bytes build() const {
    Bytes out{0, 'a', 's', 'm', 1, 0, 0, 0};
    for (const unsigned id : {1u, 2u, 3u, 4u, 5u, 13u, 6u, 7u, 8u, 9u, 12u, 10u, 11u}) {
      Bytes content;
      if (id == 8) content = start_;
      else if (id == 12) content = data_count_;
      else if (counts_[id]) content = code(counts_[id], sections_[id]);
      if (!content.empty()) put(out, code(Byte{static_cast<uint8_t>(id)}, static_cast<unsigned>(content.size()), content));
    }
    return out;
  }

 private:
  Bytes sections_[14];
  unsigned counts_[14] = {};
  Bytes start_;
  Bytes data_count_;
};

/// A module of one function, type 0, with the parameters and results given.
inline Builder function(const std::vector<Bytes>& params, const std::vector<Bytes>& results, const Bytes& body,
                        unsigned groups = 0, const Bytes& locals = {}) {
  Builder builder;
  builder.func_type(params, results);
  builder.func(0, body, groups, locals);
  return builder;
}

/// A module that has been read, its registry, and what validation learnt of each function.
struct Checked {
  module::TypeRegistry types;
  std::optional<module::Module> module;
  std::vector<module::FunctionSummary> summaries;
  std::string verdict;  ///< "valid", or "invalid: type mismatch: ..."
};

inline std::string describe(const Error& error) {
  switch (error.kind) {
    case ErrorKind::Malformed: return "malformed: " + error.message;
    case ErrorKind::Invalid: return "invalid: " + error.message;
    case ErrorKind::Unlinkable: return "unlinkable: " + error.message;
    case ErrorKind::Unsupported: return "unsupported: " + error.message;
    case ErrorKind::Io: return "io: " + error.message;
  }
  return {};
}

inline std::unique_ptr<Checked> check_all(const Bytes& bytes) {
  auto checked = std::make_unique<Checked>();
  auto module = binary::read_module(std::make_shared<const Bytes>(bytes), checked->types);
  if (!module.ok()) {
    checked->verdict = describe(module.error());
    return checked;
  }
  checked->module = std::move(module).value();
  if (auto result = validate::check_module(*checked->module); !result.ok()) {
    checked->verdict = describe(result.error());
    return checked;
  }
  validate::FunctionValidator validator(*checked->module);
  for (uint32_t i = checked->module->imported_functions; i < checked->module->functions.size(); ++i) {
    module::FunctionSummary summary;
    if (auto result = validator.check(FuncIndex(i), summary); !result.ok()) {
      checked->verdict = describe(result.error());
      return checked;
    }
    checked->summaries.push_back(std::move(summary));
  }
  checked->verdict = "valid";
  return checked;
}

/// The verdict's beginning, as long as `expected`, so that a failed comparison shows both.
inline std::string beginning(const Builder& builder, const std::string& expected) {
  return check_all(builder.build())->verdict.substr(0, expected.size());
}

}  // namespace wasmrun::tests

#define REQUIRE_VALID(builder) REQUIRE(::wasmrun::tests::check_all((builder).build())->verdict == "valid")
/// `text` is how the verdict begins: its kind, then the message.
#define REQUIRE_VERDICT(text, ...) REQUIRE(::wasmrun::tests::beginning((__VA_ARGS__), text) == text)
