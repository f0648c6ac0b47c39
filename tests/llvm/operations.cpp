#include "tests/llvm/operations.h"

#include <cstring>
#include <sstream>

namespace llvm_test {
namespace {

std::vector<std::string> words(std::string_view text) {
  std::istringstream stream{std::string(text)};
  std::vector<std::string> found;
  for (std::string word; stream >> word;) found.push_back(word);
  return found;
}

bool are_numbers(const std::vector<std::string>& types) {
  for (const std::string& type : types) {
    if (type != "i32" && type != "i64" && type != "f32" && type != "f64" && type != "v128" && type != "addr") return false;
  }
  return true;
}

std::vector<Operation> read_table() {
  std::vector<Operation> found;
  const auto add = [&](const char* text, const char* immediate, std::string_view signature) {
    Operation operation{text, immediate, words(signature.substr(0, signature.find("->"))), words(signature.substr(signature.find("->") + 2)),
                        wasmrun::instructions::nan_result(text)};
    // Constants have nothing to compute; memory.grow and its like have no operand that is a number only.
    const bool is_plain = operation.immediate == "None" || operation.immediate == "Shuffle" || operation.immediate.starts_with("LaneIndex") ||
                          operation.immediate.find("MemArg") != std::string::npos;
    if (!is_plain || operation.operands.empty() || !are_numbers(operation.operands) || !are_numbers(operation.results)) return;
    if (operation.text.find("atomic.wait") == std::string::npos) found.push_back(std::move(operation));
  };
#define OP(name, text, prefix, code, immediate, signature, feature) add(text, #immediate, signature);
#define OP_RULE(name, text, prefix, code, immediate, feature)
#include "engine/instructions/opcodes.def"
#undef OP
#undef OP_RULE
  return found;
}

}  // namespace

uint32_t Operation::access_bytes() const {
  const size_t digits = immediate.find_first_of("0123456789");
  return static_cast<uint32_t>(std::stoul(immediate.substr(digits))) / 8;
}

const std::vector<Operation>& operations() {
  static const std::vector<Operation> all = read_table();
  return all;
}

uint64_t Random::next() {
  state_ ^= state_ << 13;
  state_ ^= state_ >> 7;
  state_ ^= state_ << 17;
  return state_ * 0x2545'f491'4f6c'dd1d;
}

uint32_t Random::bits32() {
  constexpr uint32_t kNotable[] = {0,          1,          0xffff'ffff, 0x8000'0000, 0x7fff'ffff, 0x3f80'0000, 0xbf80'0000, 0x7f80'0000,
                                   0xff80'0000, 0x7fc0'0000, 0xffc0'0000, 0x7fa0'0001, 0xffa1'2345, 0x7fc1'2345, 0x4f00'0000, 0xcf00'0000,
                                   0x4f80'0000, 0x4eff'ffff, 0x3f00'0000, 0xbf00'0000, 0x4020'0000, 31,          32,          0x0000'8000,
                                   0x8000'8000, 0x8080'8080, 0x7f7f'7f7f, 0x0102'0304, 0x0f10'1180, 0x0080'0000, 0x0000'0001, 0xbf7f'ffff};
  switch (below(3)) {
    case 0: return kNotable[below(std::size(kNotable))];
    case 1: return below(64);
    default: return static_cast<uint32_t>(next() >> 32);
  }
}

uint64_t Random::bits64() {
  constexpr uint64_t kNotable[] = {0,
                                   1,
                                   ~uint64_t{0},
                                   uint64_t{1} << 63,
                                   (uint64_t{1} << 63) - 1,
                                   0x3ff0'0000'0000'0000,
                                   0xbff0'0000'0000'0000,
                                   0x7ff0'0000'0000'0000,
                                   0xfff0'0000'0000'0000,
                                   0x7ff8'0000'0000'0000,
                                   0xfff8'0000'0000'0000,
                                   0x7ff4'0000'0000'0001,
                                   0xfff4'1234'5678'9abc,
                                   0x7ff8'1234'5678'9abc,
                                   0x41df'ffff'ffc0'0000,   // 2^31 - 1
                                   0x41e0'0000'0000'0000,   // 2^31
                                   0xc1e0'0000'0020'0000,   // -2^31 - 1
                                   0x41ef'ffff'ffe0'0000,   // 2^32 - 1
                                   0x43e0'0000'0000'0000,   // 2^63
                                   0x43f0'0000'0000'0000,   // 2^64
                                   0xbfef'ffff'ffff'ffff,   // above -1
                                   0x3fe0'0000'0000'0000,
                                   0x4004'0000'0000'0000,
                                   0x36a0'0000'0000'0000,   // the smallest float
                                   0x47ef'ffff'f000'0000,   // becomes infinite as a float
                                   63,
                                   64};
  switch (below(3)) {
    case 0: return kNotable[below(std::size(kNotable))];
    case 1: return uint64_t{bits32()} << 32 | bits32();
    default: return next();
  }
}

RawValue Random::value(std::string_view type) {
  RawValue value{};
  if (type == "i32" || type == "f32") value.i32 = bits32();
  if (type == "i64" || type == "f64") value.i64 = bits64();
  if (type == "v128") {
    const bool is_wide = below(2);
    for (unsigned i = 0; i < 16; i += 8) {
      const uint64_t half = is_wide ? bits64() : uint64_t{bits32()} << 32 | bits32();
      std::memcpy(value.v128 + i, &half, sizeof half);
    }
  }
  return value;
}

std::string Random::immediate(const Operation& operation) {
  const std::string& kind = operation.immediate;
  if (kind.starts_with("LaneIndex")) return " " + std::to_string(below(static_cast<uint32_t>(std::stoul(kind.substr(9)))));
  if (kind.starts_with("MemArgLane")) return " " + std::to_string(below(16 / operation.access_bytes()));
  if (kind != "Shuffle") return "";
  std::string text;
  const uint32_t lanes = 16u << below(2);
  for (int i = 0; i < 16; ++i) text += " " + std::to_string(below(lanes));
  return text;
}

std::string constant(std::string_view type, const RawValue& value) {
  if (type == "v128") {
    uint32_t lanes[4];
    std::memcpy(lanes, value.v128, sizeof lanes);
    std::string text = "(v128.const i32x4";
    for (const uint32_t lane : lanes) text += " " + std::to_string(lane);
    return text + ")";
  }
  // A float is its bits: what the text of a NaN can say is no matter here.
  if (type == "f32") return "(f32.reinterpret_i32 (i32.const " + std::to_string(value.i32) + "))";
  if (type == "f64") return "(f64.reinterpret_i64 (i64.const " + std::to_string(value.i64) + "))";
  return "(" + std::string(type) + ".const " + std::to_string(type == "i32" ? value.i32 : value.i64) + ")";
}

std::string params(const std::vector<std::string>& types) {
  std::string text = " (param";
  for (const std::string& type : types) text += " " + (type == "addr" ? std::string("i32") : type);
  return text + ")";
}

std::string results(const std::vector<std::string>& types) {
  if (types.empty()) return "";
  std::string text = " (result";
  for (const std::string& type : types) text += " " + type;
  return text + ")";
}

}  // namespace llvm_test
