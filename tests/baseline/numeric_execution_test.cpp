// Executes float, conversion and vector instructions, with and without AVX, in many surroundings, and compares the
// results with tests/baseline/reference.h. The surroundings decide where operands and results are: parameters in
// registers, one register twice, temporaries, the frame, constants, a local that is overwritten, and few free
// registers.
#include <cstdio>
#include <cstring>
#include <optional>
#include <random>
#include <string>

#include "engine/instructions/signature.h"
#include "tests/baseline/machine.h"
#include "tests/baseline/reference.h"
#include "tests/support/catch.h"

using namespace wasmrun;
using namespace wasmrun::testing;
using instructions::Opcode;
using instructions::SigType;
using module::ValueType;

namespace {

constexpr uint8_t kLocalGet = 0x20, kLocalSet = 0x21, kLocalTee = 0x22, kDrop = 0x1a;
const Bytes kI64Xor{0x85}, kI64And{0x83}, kVectorNot{0xfd, 0x4d}, kVectorAnd{0xfd, 0x4e}, kI64x2Splat{0xfd, 0x12};

/// One instruction with its immediate.
struct Subject {
  std::string text;
  std::vector<ValueType> operands;
  ValueType result;
  Bytes code;
  Immediate immediate{};
};

ValueType value_type(SigType type) {
  switch (type) {
    case SigType::I32: return module::kI32;
    case SigType::I64: return module::kI64;
    case SigType::F32: return module::kF32;
    case SigType::F64: return module::kF64;
    default: return module::kV128;
  }
}

/// An instruction that undoes itself when done twice, so that a value becomes a temporary.
Bytes involution(ValueType type) {
  switch (type.kind()) {
    case ValueType::Kind::I32: return {0x41, 0x7f, 0x73};
    case ValueType::Kind::I64: return {0x42, 0x7f, 0x85};
    case ValueType::Kind::F32: return {0x8c};
    case ValueType::Kind::F64: return {0x9a};
    default: return {0xfd, 0x4d};
  }
}

Bytes local(uint8_t instruction, uint32_t index) {
  return bytes(Bytes{instruction}, leb_u(index));
}
Bytes temporary(ValueType type, uint32_t index) {
  return bytes(local(kLocalGet, index), involution(type), involution(type));
}
/// The value `index` as a constant.
Bytes constant(ValueType type, const abi::Slot& value) {
  Bytes raw(16);
  std::memcpy(raw.data(), &value, 16);
  const auto first = [&](size_t count) { return Bytes(raw.begin(), raw.begin() + static_cast<ptrdiff_t>(count)); };
  switch (type.kind()) {
    case ValueType::Kind::I32: return bytes(Bytes{0x41}, leb_s(static_cast<int32_t>(value.low)));
    case ValueType::Kind::I64: return bytes(Bytes{0x42}, leb_s(static_cast<int64_t>(value.low)));
    case ValueType::Kind::F32: return bytes(Bytes{0x43}, first(4));
    case ValueType::Kind::F64: return bytes(Bytes{0x44}, first(8));
    default: return bytes(Bytes{0xfd, 0x0c}, raw);
  }
}

/// A function of the subject's type (and `extra` more results of v128) with locals after its parameters.
FuncIndex add(ModuleBuilder& builder, const Subject& subject, const Bytes& body,
              const std::vector<ValueType>& locals = {}, bool has_witness = false) {
  std::vector<ValueType> results{subject.result};
  if (has_witness) results.push_back(module::kV128);
  std::vector<Bytes> runs;
  for (const ValueType type : locals) runs.push_back(bytes(Bytes{1}, encode(type)));
  return builder.func(builder.func_type(subject.operands, results), body, runs);
}

Bytes all_operands(const Subject& subject) {
  Bytes body;
  for (uint32_t i = 0; i < subject.operands.size(); ++i) body = bytes(body, local(kLocalGet, i));
  return body;
}
Bytes all_temporaries(const Subject& subject) {
  Bytes body;
  for (uint32_t i = 0; i < subject.operands.size(); ++i) body = bytes(body, temporary(subject.operands[i], i));
  return body;
}

/// Locals used so often that they get all registers: the parameters stay in the frame.
Bytes busy_locals(uint32_t first, uint32_t count) {
  Bytes body;
  for (int round = 0; round < 4; ++round) {
    for (uint32_t i = first; i < first + count; ++i) body = bytes(body, local(kLocalGet, i), local(kLocalSet, i));
  }
  return body;
}

struct Surrounding {
  const char* name;
  bool same_operands = false;
  bool has_witness = false;
};

/// Whether the result is 0 or 1.
bool is_test(const Subject& subject) {
  if (subject.result != module::kI32) return false;
  const std::string name = subject.text.substr(subject.text.find('.') + 1);
  return name == "eq" || name == "ne" || name == "lt" || name == "gt" || name == "le" || name == "ge" ||
         name == "any_true" || name == "all_true";
}

/// Bodies that turn the outcome of `test` into 0 or 1 by each instruction that takes it from the flags.
std::vector<std::pair<const char*, Bytes>> uses_of_test(const Bytes& test) {
  const Bytes zero{0x41, 0}, one{0x41, 1}, eqz{0x45}, if_i32{0x04, 0x7f}, block_i32{0x02, 0x7f}, else_{0x05}, end{0x0b},
      br_if{0x0d, 0}, select{0x1b}, drop{kDrop};
  const Bytes float_zero{0x44, 0, 0, 0, 0, 0, 0, 0, 0}, float_one{0x44, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f}, to_i32{0xaa};
  return {
      {"if", bytes(test, if_i32, one, else_, zero, end)},
      {"eqz, if", bytes(test, eqz, if_i32, zero, else_, one, end)},
      {"eqz, eqz", bytes(test, eqz, eqz)},
      {"br_if", bytes(block_i32, one, test, br_if, drop, zero, end)},
      {"eqz, br_if", bytes(block_i32, zero, test, eqz, br_if, drop, one, end)},
      {"select", bytes(one, zero, test, select)},
      {"eqz, select", bytes(zero, one, test, eqz, select)},
      {"select of floats", bytes(float_one, float_zero, test, select, to_i32)},
      {"eqz, select of floats", bytes(float_zero, float_one, test, eqz, select, to_i32)},
  };
}

/// Adds one function for each surrounding.
std::vector<Surrounding> add_surroundings(ModuleBuilder& builder, const Subject& subject) {
  std::vector<Surrounding> surroundings;
  const uint32_t count = static_cast<uint32_t>(subject.operands.size());
  const auto add_one = [&](Surrounding surrounding, const Bytes& body, const std::vector<ValueType>& locals = {}) {
    add(builder, subject, body, locals, surrounding.has_witness);
    surroundings.push_back(surrounding);
  };
  const Bytes from_params = bytes(all_operands(subject), subject.code);
  add_one({"parameters"}, from_params);
  add_one({"temporaries"}, bytes(all_temporaries(subject), subject.code));
  for (uint32_t i = 0; i < count; ++i) {
    if (subject.operands[i] != subject.result) continue;
    add_one({"overwritten parameter"}, bytes(from_params, local(kLocalSet, i), local(kLocalGet, i)));
    add_one({"overwritten parameter, temporaries"},
            bytes(all_temporaries(subject), subject.code, local(kLocalTee, i), Bytes{kDrop}, local(kLocalGet, i)));
  }
  add_one({"another local"}, bytes(from_params, local(kLocalSet, count), local(kLocalGet, count)), {subject.result});
  if (count >= 2 && subject.operands[0] == subject.operands[1]) {
    Bytes body = bytes(local(kLocalGet, 0), local(kLocalGet, 0));
    if (count == 3) body = bytes(body, local(kLocalGet, 2));
    add_one({"one operand twice", true}, bytes(body, subject.code));
    if (subject.operands[0] == subject.result) {
      add_one({"one operand twice, overwritten", true},
              bytes(body, subject.code, local(kLocalSet, 0), local(kLocalGet, 0)));
    }
  }
  if (is_test(subject)) {
    for (const auto& [name, body] : uses_of_test(from_params)) add_one({name}, body);
  }
  std::vector<ValueType> busy(10, module::kV128);
  busy.insert(busy.end(), 10, module::kI64);
  const Bytes busy_code = busy_locals(count, 20);
  add_one({"frame"}, bytes(busy_code, from_params), busy);
  add_one({"frame and temporaries"},
          bytes(busy_code, temporary(subject.operands[0], 0), count > 1 ? local(kLocalGet, 1) : Bytes{},
                count > 2 ? temporary(subject.operands[2], 2) : Bytes{}, subject.code),
          busy);
  // Twelve temporaries of all ones of each kind below; together they still are, unless one is damaged.
  const uint32_t result = count + 20;
  std::vector<ValueType> extra(busy);
  extra.push_back(subject.result);
  extra.push_back(module::kV128);
  Bytes crowded = busy_code;
  for (int i = 0; i < 12; ++i) crowded = bytes(crowded, local(kLocalGet, count), kVectorNot);
  for (int i = 0; i < 12; ++i) crowded = bytes(crowded, local(kLocalGet, count + 10), Bytes{0x42, 0x7f}, kI64Xor);
  crowded = bytes(crowded, all_temporaries(subject), subject.code, local(kLocalSet, result));
  for (int i = 0; i < 11; ++i) crowded = bytes(crowded, kI64And);
  crowded = bytes(crowded, kI64x2Splat);
  for (int i = 0; i < 12; ++i) crowded = bytes(crowded, kVectorAnd);
  crowded = bytes(crowded, local(kLocalSet, result + 1), local(kLocalGet, result), local(kLocalGet, result + 1));
  add_one({"few free registers", false, true}, crowded, extra);
  return surroundings;
}

/// Numbers at which something changes, and random ones.
class Values {
 public:
  abi::Slot next(ValueType type) {
    switch (type.kind()) {
      case ValueType::Kind::I32: return {pick<uint32_t>(kWords32), 0};
      case ValueType::Kind::I64: return {pick<uint64_t>(kWords64), 0};
      case ValueType::Kind::F32: return {pick<uint32_t>(kWords32), 0};
      case ValueType::Kind::F64: return {pick<uint64_t>(kWords64), 0};
      default: break;
    }
    switch (random_() % 4) {
      case 0: return {pick<uint64_t>(kWords64), pick<uint64_t>(kWords64)};
      case 1: return {two<uint32_t>(kWords32), two<uint32_t>(kWords32)};
      case 2: return {four(), four()};
      default: return {bytes8(), bytes8()};
    }
  }

 private:
  static constexpr uint32_t kWords32[] = {0,          1,          2,          7,          8,          31,
                                          32,         63,         64,         0x7f,       0x80,       0xff,
                                          0x7fff,     0x8000,     0xffff,     0x10000,    0x7fffffff, 0x80000000,
                                          0xffffffff, 0x3f800000, 0xbf800000, 0x3f000000, 0xbf000000, 0x3fc00000,
                                          0x40200000, 0xbf7fffff,  // 1 -1 .5 -.5 1.5 2.5 -0.99
                                          0x7f800000, 0xff800000, 0x7fc00000, 0xffc00000, 0x7f800001, 0xff812345,
                                          0x7fe00000,  // infinities, NaNs
                                          0x4effffff, 0x4f000000, 0x4f000001, 0xcf000000, 0xcf000001, 0x4f7fffff,
                                          0x4f800000,  // 2^31, 2^32
                                          0x5effffff, 0x5f000000, 0xdf000000, 0xdf000001, 0x5f7fffff, 0x5f800000,
                                          0x4b000001, 0x00800000, 0x007fffff};
  static constexpr uint64_t kWords64[] = {0,
                                          1,
                                          2,
                                          63,
                                          64,
                                          0x7fffffff,
                                          0x80000000,
                                          0xffffffff,
                                          0x100000000,
                                          0x7fffffffffffffff,
                                          0x8000000000000000,
                                          0xffffffffffffffff,
                                          0xffffffff80000000,
                                          0xfffffffffffffc00,
                                          0x8000000000000400,
                                          0x8000000000000401,
                                          0x20000000000001,
                                          0x3ff0000000000000,
                                          0xbff0000000000000,
                                          0x3fe0000000000000,
                                          0xbfe0000000000000,
                                          0x4004000000000000,
                                          0xbfefffffffffffff,
                                          0x7ff0000000000000,
                                          0xfff0000000000000,
                                          0x7ff8000000000000,
                                          0xfff8000000000000,
                                          0x7ff0000000000001,
                                          0xfff0000012345678,
                                          0x7ff4000000000000,
                                          0x41dfffffffc00000,
                                          0x41dfffffffffffff,
                                          0x41e0000000000000,
                                          0xc1e0000000000000,
                                          0xc1e00000001fffff,
                                          0xc1e0000000200000,
                                          0x41efffffffe00000,
                                          0x41efffffffffffff,
                                          0x41f0000000000000,
                                          0x43dfffffffffffff,
                                          0x43e0000000000000,
                                          0xc3e0000000000000,
                                          0xc3e0000000000001,
                                          0x43efffffffffffff,
                                          0x43f0000000000000,
                                          0x0010000000000000,
                                          0x000fffffffffffff,
                                          0x47efffffe0000000,
                                          0x47efffffefffffff,
                                          0x47effffff0000000};
  static constexpr uint16_t kWords16[] = {0,      1,      0x7f,   0x80,   0xff,   0x100,
                                          0x7fff, 0x8000, 0x8001, 0xffff, 0xff80, 0x4000};
  static constexpr uint8_t kBytes[] = {0, 1, 2, 0x0f, 0x10, 0x1f, 0x7f, 0x80, 0x81, 0xfe, 0xff};

  template <class T, size_t kCount>
  T pick(const T (&list)[kCount]) {
    return random_() % 4 == 0 ? static_cast<T>(random_()) : list[random_() % kCount];
  }
  template <class T, size_t kCount>
  uint64_t two(const T (&list)[kCount]) {
    return uint64_t{pick<T>(list)} << 32 | pick<T>(list);
  }
  uint64_t four() {
    uint64_t result = 0;
    for (int i = 0; i < 4; ++i) result = result << 16 | pick<uint16_t>(kWords16);
    return result;
  }
  uint64_t bytes8() {
    uint64_t result = 0;
    for (int i = 0; i < 8; ++i) result = result << 8 | pick<uint8_t>(kBytes);
    return result;
  }
  std::mt19937_64 random_{20240601};
};

std::string hex(const abi::Slot& slot) {
  char text[40];
  std::snprintf(text, sizeof text, "%016llx:%016llx", static_cast<unsigned long long>(slot.high),
                static_cast<unsigned long long>(slot.low));
  return text;
}

std::array<abi::Slot, 3> draw(Values& values, const Subject& subject) {
  std::array<abi::Slot, 3> operands;
  for (size_t i = 0; i < subject.operands.size(); ++i) operands[i] = values.next(subject.operands[i]);
  return operands;
}

void check_call(Machine& machine, uint32_t function, const Subject& subject, const std::array<abi::Slot, 3>& operands,
                const Surrounding& surrounding) {
  const Evaluation expected = evaluate(subject.text, operands, subject.immediate);
  const std::vector<abi::Slot> arguments(operands.begin(),
                                         operands.begin() + static_cast<ptrdiff_t>(subject.operands.size()));
  std::vector<abi::Slot> results;
  const abi::TrapCode trap = machine.call(function, arguments, results);
  // Assertions are slow: make them only where they say something.
  const bool is_right = trap == expected.trap && (trap != abi::TrapCode::none || matches(expected, results[0]));
  if (!is_right) {
    INFO(subject.text << " (" << surrounding.name << "): " << hex(operands[0]) << " " << hex(operands[1]) << " "
                      << hex(operands[2]) << ", expected " << hex(expected.result) << ", is "
                      << (results.empty() ? abi::to_string(trap) : hex(results[0])));
    CHECK(is_right);
  }
  if (is_right && surrounding.has_witness && trap == abi::TrapCode::none) {
    INFO(subject.text << " destroys other operands");
    CHECK((results[1].low & results[1].high) == ~uint64_t{0});
  }
}

void check_surroundings(const Subject& subject, const abi::CpuFeatures& cpu, Values& values) {
  ModuleBuilder builder;
  const std::vector<Surrounding> surroundings = add_surroundings(builder, subject);
  Machine machine(builder.build(), cpu);
  for (int trial = 0; trial < 60; ++trial) {
    std::array<abi::Slot, 3> operands = draw(values, subject);
    for (uint32_t i = 0; i < surroundings.size(); ++i) {
      std::array<abi::Slot, 3> used = operands;
      if (surroundings[i].same_operands) used[1] = used[0];
      check_call(machine, i, subject, used, surroundings[i]);
    }
  }
}

/// Constants in place of each operand, and of all.
void check_constants(const Subject& subject, const abi::CpuFeatures& cpu, Values& values) {
  const uint32_t count = static_cast<uint32_t>(subject.operands.size());
  std::vector<std::array<abi::Slot, 3>> cases;
  ModuleBuilder builder;
  for (int trial = 0; trial < 24; ++trial) {
    cases.push_back(draw(values, subject));
    for (uint32_t which = 0; which <= count; ++which) {
      Bytes body;
      for (uint32_t i = 0; i < count; ++i) {
        const bool is_constant = which == count || which == i;
        body = bytes(body, is_constant ? constant(subject.operands[i], cases.back()[i]) : local(kLocalGet, i));
      }
      add(builder, subject, bytes(body, subject.code));
    }
  }
  Machine machine(builder.build(), cpu);
  for (uint32_t i = 0; i < cases.size() * (count + 1); ++i) {
    check_call(machine, i, subject, cases[i / (count + 1)], {"constants"});
  }
}

void check_everywhere(const Subject& subject) {
  Values values;
  for (const abi::CpuFeatures& cpu : {abi::CpuFeatures{}, abi::CpuFeatures::host()}) {
    check_surroundings(subject, cpu, values);
    check_constants(subject, cpu, values);
  }
}

/// The row as a subject, unless it accesses memory or has no fixed type.
std::optional<Subject> subject_of(Opcode opcode) {
  const instructions::OpcodeInfo& info = instructions::opcode_info(opcode);
  const instructions::Signature& signature = instructions::signature(opcode);
  if (!signature.is_fixed || signature.operand_count == 0 || signature.result_count == 0) return std::nullopt;
  Subject subject;
  subject.text = info.text;
  for (const SigType type : signature.operand_types()) {
    if (type == SigType::Addr || type > SigType::Addr) return std::nullopt;
    subject.operands.push_back(value_type(type));
  }
  subject.result = value_type(signature.result_types()[0]);
  subject.code = info.prefix ? bytes(Bytes{info.prefix}, leb_u(info.code)) : leb_u(info.code);
  if (!info.prefix) subject.code = {static_cast<uint8_t>(info.code)};
  return subject;
}

template <class F>
void for_each_opcode(F&& f) {
  for (size_t i = 0; i < std::size(instructions::kOpcodes); ++i) f(static_cast<Opcode>(i));
}

/// Lanes that the immediate can name; 0 when there is none.
unsigned lanes_of(const instructions::OpcodeInfo& info) {
  const std::string_view immediate = info.immediate;
  return immediate.starts_with("LaneIndex") ? static_cast<unsigned>(std::stoi(std::string(immediate.substr(9)))) : 0;
}

}  // namespace

TEST_CASE("float instructions and conversions do what the specification says", "[baseline][numeric][conversion]") {
  unsigned count = 0;
  for_each_opcode([&](Opcode opcode) {
    const instructions::OpcodeInfo& info = instructions::opcode_info(opcode);
    if (info.prefix == 0xfd) return;
    const std::optional<Subject> subject = subject_of(opcode);
    if (!subject || !evaluate(subject->text, {}, {}).is_known) return;
    ++count;
    check_everywhere(*subject);
  });
  CHECK(count == 12 + 28 + 25 + 8);
}

TEST_CASE("vector instructions do what the specification says", "[baseline][vector]") {
  unsigned count = 0;
  for_each_opcode([&](Opcode opcode) {
    const instructions::OpcodeInfo& info = instructions::opcode_info(opcode);
    if (info.prefix != 0xfd || info.feature != module::Feature::simd || info.text == std::string_view("i8x16.shuffle"))
      return;
    std::optional<Subject> subject = subject_of(opcode);
    if (!subject) return;
    ++count;
    const unsigned lanes = lanes_of(info);
    const Bytes code = subject->code;
    for (unsigned lane = 0; lane == 0 || lane < lanes; ++lane) {
      if (lanes) subject->code = bytes(code, Bytes{static_cast<uint8_t>(lane)});
      subject->immediate[0] = static_cast<uint8_t>(lane);
      REQUIRE(evaluate(subject->text, {}, subject->immediate).is_known);
      check_everywhere(*subject);
    }
  });
  CHECK(count == 236 - 23 - 1);  // without memory and constants, and shuffle below
}

TEST_CASE("shuffles of every pattern take the lanes they name", "[baseline][vector][i8x16_shuffle]") {
  std::vector<Immediate> patterns;
  const auto add_pattern = [&](auto&& lane) {
    Immediate pattern;
    for (unsigned i = 0; i < 16; ++i) pattern[i] = static_cast<uint8_t>(lane(i) & 31);
    patterns.push_back(pattern);
  };
  std::mt19937 random(7);
  for (unsigned begin = 0; begin < 32; ++begin) add_pattern([&](unsigned i) { return begin + i; });
  for (unsigned lane = 0; lane < 32; lane += 5) add_pattern([&](unsigned) { return lane; });
  for (unsigned size = 1; size <= 8; size *= 2) {
    // Interleaved, low and high, both ways round, and of one vector with itself.
    for (const unsigned begin : {0u, 8u}) {
      for (const unsigned first : {0u, 16u}) {
        for (const unsigned second : {0u, 16u}) {
          add_pattern(
              [&](unsigned i) { return begin + i / (2 * size) * size + i % size + ((i / size) % 2 ? second : first); });
        }
      }
    }
    // Random groups of one vector, of each, and blends.
    for (int i = 0; i < 8; ++i) {
      const uint32_t bits = random();
      const auto group = [&](unsigned g) { return ((bits * (2 * g + 1)) >> 16) % (16 / size) * size; };
      add_pattern([&](unsigned i) { return group(i / size) + i % size; });
      add_pattern([&](unsigned i) { return group(i / size) + i % size + 16; });
      add_pattern([&](unsigned i) { return group(i / size) + i % size + (i < 8 ? 16 : 0); });
      add_pattern([&](unsigned i) { return group(i / size) + i % size + (i < 8 ? 0 : 16); });
      add_pattern([&](unsigned i) { return i + ((bits >> (i / size)) & 1) * 16; });
      add_pattern([&](unsigned i) { return i < 8 ? i : group(i / size) + i % size; });
    }
  }
  for (int i = 0; i < 30; ++i) add_pattern([&](unsigned) { return random(); });
  std::optional<Subject> subject = subject_of(Opcode::i8x16_shuffle);
  REQUIRE(subject);
  const Bytes code = subject->code;
  for (const Immediate& pattern : patterns) {
    subject->code = bytes(code, Bytes(pattern.begin(), pattern.end()));
    subject->immediate = pattern;
    Values values;
    for (const abi::CpuFeatures& cpu : {abi::CpuFeatures{}, abi::CpuFeatures::host()}) {
      check_surroundings(*subject, cpu, values);
    }
  }
}
