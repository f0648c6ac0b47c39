// Test scripts (.wast). Visible: Script and its commands, parse_script.
// The format is that of the reference interpreter and of the official test suite.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "engine/module/features.h"

namespace wasmrun::text {

/// What kind of value a constant of a script is, or what an expected result must be.
enum class ConstantKind : uint8_t {
  I32,
  I64,
  F32,
  F64,
  V128,
  RefNull,    ///< any null
  RefExtern,  ///< the host's reference number `bits`; any when there is none
  RefHost,    ///< the same seen as anyref
  RefFunc,
  RefAny,
  RefEq,
  RefI31,
  RefStruct,
  RefArray,
  RefExn,  ///< any reference of the kind
};

/// A lane whose bits are not all prescribed.
enum class NanPattern : uint8_t {
  None,        ///< the bits must be equal
  Canonical,   ///< nan:canonical: only the highest fraction bit, either sign
  Arithmetic,  ///< nan:arithmetic: at least the highest fraction bit
};

/// An argument, or a pattern for a result. Numbers are one lane.
struct Constant {
  ConstantKind kind = ConstantKind::I32;
  std::optional<uint64_t> bits;  ///< numbers, and references of the host
  std::array<uint8_t, 16> vector{};
  /// How lanes are compared: their width, and whether floats are expected. Numbers: one lane of their width.
  uint32_t lane_bits = 32;
  std::array<NanPattern, 16> nan{};
};

/// A result may match one of several patterns (`either`).
struct Expected {
  std::vector<Constant> alternatives;
};

struct Action {
  enum class Kind : uint8_t { Invoke, Get } kind = Kind::Invoke;
  std::optional<std::string> module;  ///< the last instance when absent
  std::string name;
  std::vector<Constant> arguments;
};

/// A module in a script. A text that does not assemble holds its error, which is what assert_malformed looks for.
struct ModuleSource {
  std::optional<std::string> name;
  bool is_quoted = false;  ///< binary or quote: it may be malformed where a plain module may not
  Result<std::vector<uint8_t>> bytes = std::vector<uint8_t>();
};

struct Command {
  enum class Kind : uint8_t {
    Module,            ///< defines and instantiates `module`
    ModuleDefinition,  ///< only defines `module`
    ModuleInstance,    ///< instantiates definition `of` as `name`
    Register,          ///< instance `of` (or the last) under `name`
    Action,
    AssertReturn,
    AssertTrap,
    AssertExhaustion,
    AssertException,
    AssertTrapModule,  ///< instantiating `module` traps
    AssertMalformed,
    AssertInvalid,
    AssertUnlinkable,
    AssertMalformedCustom,
    AssertInvalidCustom,
  };
  Kind kind = Kind::Action;
  uint32_t line = 0;
  uint32_t column = 0;
  ModuleSource module;
  text::Action action;
  std::vector<Expected> expected;
  std::string message;  ///< of assertions: how the error must begin
  std::optional<std::string> name;
  std::optional<std::string> of;

  bool is_assertion() const { return kind >= Kind::AssertReturn; }
};

struct Script {
  std::vector<Command> commands;
};

/// Parses a whole script and assembles its text modules. A script that begins with a module field is one module.
/// Errors are Malformed, with line and column; a text module that does not assemble is not an error of the script.
/// `features` as for assemble_module.
Result<Script> parse_script(std::string_view source, module::FeatureSet features = module::FeatureSet::defaults());

/// "i32.const 5", "f32.const nan:canonical": a constant as scripts write it.
std::string to_string(const Constant& constant);

}  // namespace wasmrun::text
