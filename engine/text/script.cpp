// Parses test scripts: commands, actions, constants and result patterns.
#include "engine/text/script.h"

#include <cstdio>
#include <cstring>

#include "engine/text/body_parser.h"
#include "engine/text/cursor.h"
#include "engine/text/module_parser.h"
#include "engine/text/numbers.h"
#include "engine/text/text.h"

namespace wasmrun::text {
namespace {

struct AssertionName {
  std::string_view keyword;
  Command::Kind kind;
};
constexpr AssertionName kModuleAssertions[] = {
    {"assert_malformed", Command::Kind::AssertMalformed},
    {"assert_invalid", Command::Kind::AssertInvalid},
    {"assert_unlinkable", Command::Kind::AssertUnlinkable},
    {"assert_malformed_custom", Command::Kind::AssertMalformedCustom},
    {"assert_invalid_custom", Command::Kind::AssertInvalidCustom},
};

class ScriptParser {
 public:
  ScriptParser(const TokenStream& stream, module::FeatureSet features)
      : stream_(stream), cursor_(stream), features_(features) {}

  Result<Script> run() {
    Script script;
    if (is_bare_module()) {
      Command command;
      command.kind = Command::Kind::Module;
      command.line = 1;
      command.column = 1;
      command.module.bytes = assemble_module(stream_.source, features_);
      script.commands.push_back(std::move(command));
      return script;
    }
    while (!cursor_.failed() && cursor_.kind() != TokenKind::End) {
      Command command = parse_command();
      if (!cursor_.failed()) script.commands.push_back(std::move(command));
    }
    if (cursor_.failed()) return cursor_.take_error();
    return script;
  }

 private:
  bool is_bare_module() const {
    if (cursor_.kind() != TokenKind::LeftParen) return false;
    for (const std::string_view field :
         {"type", "rec", "import", "func", "table", "memory", "global", "tag", "export", "start", "elem", "data"}) {
      if (cursor_.at_open(field)) return true;
    }
    return false;
  }

  // Lines are counted onwards from the last place, so that a whole script is scanned once.
  void set_place(Command& command) {
    const uint32_t offset = cursor_.peek().offset;
    for (; scanned_ < offset; ++scanned_) {
      if (stream_.source[scanned_] != '\n') continue;
      ++line_;
      line_begin_ = scanned_ + 1;
    }
    command.line = line_;
    command.column = offset - line_begin_ + 1;
  }

  Command parse_command() {
    Command command;
    set_place(command);
    const size_t begin = cursor_.position();
    if (cursor_.at_open("module")) {
      parse_module_command(command, begin);
    } else if (cursor_.take_open("register")) {
      command.kind = Command::Kind::Register;
      command.name = cursor_.expect_name();
      if (const auto id = cursor_.take_id()) command.of = *id;
      cursor_.expect_close();
    } else if (cursor_.at_open("invoke") || cursor_.at_open("get")) {
      command.kind = Command::Kind::Action;
      command.action = parse_action();
    } else {
      parse_assertion(command);
    }
    return command;
  }

  void parse_module_command(Command& command, size_t begin) {
    size_t next = begin + 2;
    const auto is_word = [&](std::string_view word) {
      return stream_.tokens[next].kind == TokenKind::Keyword && stream_.text(stream_.tokens[next]) == word;
    };
    if (is_word("instance")) {
      cursor_.skip_to(next + 1);
      command.kind = Command::Kind::ModuleInstance;
      if (const auto id = cursor_.take_id()) command.name = *id;
      if (const auto id = cursor_.take_id()) command.of = *id;
      // One identifier alone names the definition.
      if (!command.of && command.name) std::swap(command.of, command.name);
      return cursor_.expect_close();
    }
    command.kind = is_word("definition") ? Command::Kind::ModuleDefinition : Command::Kind::Module;
    command.module = parse_module();
    command.name = command.module.name;
  }

  // `(module definition? id? ...)`; afterwards the cursor stands behind it, whatever was in it.
  ModuleSource parse_module() {
    const size_t end = skip_balanced(stream_, cursor_.position());
    ModuleSource module;
    cursor_.expect_open("module");
    cursor_.take_keyword("definition");
    if (const auto id = cursor_.take_id()) module.name = *id;
    if (cursor_.take_keyword("binary")) {
      module.is_quoted = true;
      std::string bytes;
      while (cursor_.kind() == TokenKind::String) bytes += cursor_.expect_string();
      module.bytes = std::vector<uint8_t>(bytes.begin(), bytes.end());
      cursor_.expect_close();
    } else if (cursor_.take_keyword("quote")) {
      module.is_quoted = true;
      std::string text;
      while (cursor_.kind() == TokenKind::String) text += cursor_.expect_string();
      module.bytes = assemble_module(text, features_);
      cursor_.expect_close();
    } else {
      // Its failure belongs to this module, not to the script: it gets a cursor of its own.
      Cursor cursor(stream_);
      cursor.skip_to(cursor_.position());
      std::vector<uint8_t> bytes = parse_module_fields(cursor, module.name.value_or(""), features_);
      cursor.expect_close();
      if (cursor.failed()) {
        module.bytes = cursor.take_error();
      } else {
        module.bytes = std::move(bytes);
      }
      cursor_.skip_to(end);
    }
    return module;
  }

  Action parse_action() {
    Action action;
    const bool is_get = cursor_.at_open("get");
    action.kind = is_get ? Action::Kind::Get : Action::Kind::Invoke;
    cursor_.expect_open(is_get ? "get" : "invoke");
    if (const auto id = cursor_.take_id()) action.module = *id;
    action.name = cursor_.expect_name();
    while (!is_get && cursor_.kind() == TokenKind::LeftParen) action.arguments.push_back(parse_constant(false));
    cursor_.expect_close();
    return action;
  }

  void parse_assertion(Command& command) {
    for (const AssertionName& assertion : kModuleAssertions) {
      if (!cursor_.take_open(assertion.keyword)) continue;
      command.kind = assertion.kind;
      command.module = parse_module();
      command.message = cursor_.expect_string();
      return cursor_.expect_close();
    }
    if (cursor_.take_open("assert_return")) {
      command.kind = Command::Kind::AssertReturn;
      command.action = parse_action();
      while (cursor_.kind() == TokenKind::LeftParen) command.expected.push_back(parse_expected());
    } else if (cursor_.take_open("assert_exception")) {
      command.kind = Command::Kind::AssertException;
      command.action = parse_action();
    } else if (cursor_.take_open("assert_exhaustion")) {
      command.kind = Command::Kind::AssertExhaustion;
      command.action = parse_action();
      command.message = cursor_.expect_string();
    } else if (cursor_.take_open("assert_trap")) {
      if (cursor_.at_open("module")) {
        command.kind = Command::Kind::AssertTrapModule;
        command.module = parse_module();
      } else {
        command.kind = Command::Kind::AssertTrap;
        command.action = parse_action();
      }
      command.message = cursor_.expect_string();
    } else {
      if (cursor_.kind() == TokenKind::LeftParen) cursor_.take();
      return cursor_.fail_unexpected();
    }
    cursor_.expect_close();
  }

  Expected parse_expected() {
    Expected expected;
    if (!cursor_.take_open("either")) {
      expected.alternatives.push_back(parse_constant(true));
      return expected;
    }
    while (cursor_.kind() == TokenKind::LeftParen) expected.alternatives.push_back(parse_constant(true));
    cursor_.expect_close();
    return expected;
  }

  // The next token as a float or integer of `lane_bits` bits; NaN patterns only where results are expected.
  uint64_t parse_lane(uint32_t lane_bits, bool is_float, NanPattern* pattern) {
    if (pattern && is_float) {
      if (cursor_.take_keyword("nan:canonical")) return *pattern = NanPattern::Canonical, 0;
      if (cursor_.take_keyword("nan:arithmetic")) return *pattern = NanPattern::Arithmetic, 0;
    }
    if (!cursor_.at_number()) return cursor_.fail_unexpected(), 0;
    const Token token = cursor_.take();
    const std::string_view text = cursor_.text(token);
    std::optional<uint64_t> value;
    if (!is_float) {
      value = parse_integer(text, static_cast<int>(lane_bits));
    } else if (lane_bits == 64) {
      value = parse_f64(text);
    } else {
      value = parse_f32(text);
    }
    if (!value) cursor_.fail("constant out of range", token);
    return value.value_or(0);
  }

  Constant parse_number(ConstantKind kind, uint32_t bits, bool is_float, bool is_pattern) {
    Constant constant;
    constant.kind = kind;
    constant.lane_bits = bits;
    constant.bits = parse_lane(bits, is_float, is_pattern ? &constant.nan[0] : nullptr);
    return constant;
  }

  Constant parse_vector(bool is_pattern) {
    struct Shape {
      std::string_view name;
      uint32_t lane_bits;
      bool is_float;
    };
    static constexpr Shape kShapes[] = {{"i8x16", 8, false},  {"i16x8", 16, false}, {"i32x4", 32, false},
                                        {"i64x2", 64, false}, {"f32x4", 32, true},  {"f64x2", 64, true}};
    Constant constant;
    constant.kind = ConstantKind::V128;
    for (const Shape& shape : kShapes) {
      if (!cursor_.take_keyword(shape.name)) continue;
      constant.lane_bits = shape.lane_bits;
      for (uint32_t lane = 0; lane < 128 / shape.lane_bits; ++lane) {
        const uint64_t bits = parse_lane(shape.lane_bits, shape.is_float, is_pattern ? &constant.nan[lane] : nullptr);
        std::memcpy(constant.vector.data() + lane * shape.lane_bits / 8, &bits, shape.lane_bits / 8);
      }
      return constant;
    }
    cursor_.fail_unexpected();
    return constant;
  }

  Constant parse_reference(ConstantKind kind) {
    Constant constant;
    constant.kind = kind;
    constant.lane_bits = 64;
    if (kind == ConstantKind::RefNull) {
      if (cursor_.kind() == TokenKind::Keyword || cursor_.kind() == TokenKind::Id || cursor_.kind() == TokenKind::Nat) {
        cursor_.take();
      }
    } else if (cursor_.kind() == TokenKind::Nat) {
      constant.bits = parse_lane(32, false, nullptr);
    }
    return constant;
  }

  Constant parse_constant(bool is_pattern) {
    struct Name {
      std::string_view keyword;
      ConstantKind kind;
    };
    static constexpr Name kReferences[] = {
        {"ref.null", ConstantKind::RefNull},   {"ref.extern", ConstantKind::RefExtern},
        {"ref.host", ConstantKind::RefHost},   {"ref.func", ConstantKind::RefFunc},
        {"ref.any", ConstantKind::RefAny},     {"ref.eq", ConstantKind::RefEq},
        {"ref.i31", ConstantKind::RefI31},     {"ref.struct", ConstantKind::RefStruct},
        {"ref.array", ConstantKind::RefArray}, {"ref.exn", ConstantKind::RefExn}};
    Constant constant;
    if (cursor_.take_open("i32.const")) {
      constant = parse_number(ConstantKind::I32, 32, false, is_pattern);
    } else if (cursor_.take_open("i64.const")) {
      constant = parse_number(ConstantKind::I64, 64, false, is_pattern);
    } else if (cursor_.take_open("f32.const")) {
      constant = parse_number(ConstantKind::F32, 32, true, is_pattern);
    } else if (cursor_.take_open("f64.const")) {
      constant = parse_number(ConstantKind::F64, 64, true, is_pattern);
    } else if (cursor_.take_open("v128.const")) {
      constant = parse_vector(is_pattern);
    } else {
      const Name* found = nullptr;
      for (const Name& name : kReferences) {
        if (cursor_.take_open(name.keyword)) {
          found = &name;
          break;
        }
      }
      if (!found) {
        if (cursor_.kind() == TokenKind::LeftParen) cursor_.take();
        cursor_.fail_unexpected();
        return constant;
      }
      constant = parse_reference(found->kind);
    }
    cursor_.expect_close();
    return constant;
  }

  const TokenStream& stream_;
  Cursor cursor_;
  module::FeatureSet features_;
  uint32_t scanned_ = 0;
  uint32_t line_ = 1;
  uint32_t line_begin_ = 0;
};

std::string lane_text(uint64_t bits, uint32_t lane_bits, NanPattern pattern) {
  if (pattern == NanPattern::Canonical) return "nan:canonical";
  if (pattern == NanPattern::Arithmetic) return "nan:arithmetic";
  char text[32];
  std::snprintf(text, sizeof text, "0x%0*llx", static_cast<int>(lane_bits / 4), static_cast<unsigned long long>(bits));
  return text;
}

}  // namespace

Result<Script> parse_script(std::string_view source, module::FeatureSet features) {
  const TokenStream stream = TRY(lex(source));
  return ScriptParser(stream, features).run();
}

std::string to_string(const Constant& constant) {
  const uint64_t bits = constant.bits.value_or(0);
  const auto reference = [&](const char* name) {
    return constant.bits ? name + std::string(" ") + std::to_string(bits) : std::string(name);
  };
  switch (constant.kind) {
    case ConstantKind::I32: return "i32.const " + std::to_string(static_cast<int32_t>(bits));
    case ConstantKind::I64: return "i64.const " + std::to_string(static_cast<int64_t>(bits));
    case ConstantKind::F32: return "f32.const bits " + lane_text(bits, 32, constant.nan[0]);
    case ConstantKind::F64: return "f64.const bits " + lane_text(bits, 64, constant.nan[0]);
    case ConstantKind::V128: {
      std::string text = "v128.const";
      for (uint32_t lane = 0; lane < 128 / constant.lane_bits; ++lane) {
        uint64_t value = 0;
        std::memcpy(&value, constant.vector.data() + lane * constant.lane_bits / 8, constant.lane_bits / 8);
        text += " " + lane_text(value, constant.lane_bits, constant.nan[lane]);
      }
      return text;
    }
    case ConstantKind::RefNull: return "ref.null";
    case ConstantKind::RefExtern: return reference("ref.extern");
    case ConstantKind::RefHost: return reference("ref.host");
    case ConstantKind::RefFunc: return "ref.func";
    case ConstantKind::RefAny: return "ref.any";
    case ConstantKind::RefEq: return "ref.eq";
    case ConstantKind::RefI31: return "ref.i31";
    case ConstantKind::RefStruct: return "ref.struct";
    case ConstantKind::RefArray: return "ref.array";
    case ConstantKind::RefExn: return "ref.exn";
  }
  return "?";
}

}  // namespace wasmrun::text
