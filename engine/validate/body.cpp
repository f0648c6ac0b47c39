// Operands, type matching and errors of Body: what all rules share.
#include "engine/validate/body.h"

#include <algorithm>
#include <cstdio>
#include <cstring>

namespace wasmrun::validate {

namespace {

/// More operands than the guest's stack could hold; keeps hostile results of calls and blocks from filling the memory.
constexpr size_t kOperands = 1'000'000;
constexpr size_t kFirstCapacity = 256;

std::string name_of(ValueType type) {
  if (type == module::kBottom) return "any type";
  if (type == kBottomRef) return "a reference";
  return module::to_string(type);
}

std::string list_of(std::span<const ValueType> types) {
  constexpr size_t kShown = 16;
  std::string text = "[";
  for (size_t i = 0; i < std::min(types.size(), kShown); ++i) text.append(i ? " " : "").append(name_of(types[i]));
  return text + (types.size() > kShown ? " ...]" : "]");
}

bool equal(const ValueType* a, const ValueType* b, size_t count) {
  // Most lists have one or two types: cheaper here than a call of memcmp.
  if (count > 4) return std::memcmp(a, b, count * sizeof(ValueType)) == 0;
  for (size_t i = 0; i < count; ++i)
    if (a[i] != b[i]) return false;
  return true;
}

}  // namespace

Error reader_error(const module::Module& module, const ByteReader& reader, uint64_t instruction_offset,
                   bool end_of_section) {
  const uint64_t at = reader.error_offset();
  std::string message = reader.error();
  const std::span<const uint8_t> bytes = module.bytes.span();
  if (message.starts_with("illegal opcode") && bytes[at] >= 0xfb && bytes[at] <= 0xfe) {
    // The reader names the prefix; the number after it is what no row has.
    char code[8];
    for (uint64_t i = at + 1; i < bytes.size() && i < at + 4; ++i) {
      std::snprintf(code, sizeof code, " %02x", bytes[i]);
      message += code;
      if (bytes[i] < 0x80) break;
    }
  } else if (message == "unexpected end") {
    // Where only the last `end` is missing, the specification's decoder runs on into the next function and misses it
    // there.
    message =
        at == instruction_offset && !end_of_section ? "END opcode expected" : "unexpected end of section or function";
  }
  return {ErrorKind::Malformed, std::move(message), at};
}

Body::Body(const module::Module& module) : module_(module) {
  stack_ = std::make_unique<ValueType[]>(kFirstCapacity);
  capacity_ = kFirstCapacity;
  if (!module.memories.empty()) {
    const bool is_32 = module.memories[0].limits.address_type == module::AddressType::I32;
    memory0_address_ = is_32 ? module::kI32 : module::kI64;
    memory0_excess_ = is_32 ? ~uint64_t{0xffffffff} : 0;
  }
}

bool Body::raise_high(size_t room) {
  const size_t needed = height() + room;
  if (needed > kOperands)
    return fail(ErrorKind::Unsupported, "too many operands on the stack: more than 1000000", instruction_offset_);
  if (needed > capacity_) {
    const size_t capacity = std::max(needed, capacity_ * 2);
    auto larger = std::make_unique<ValueType[]>(capacity);
    std::copy(stack_.get(), top_, larger.get());
    base_ = larger.get() + (base_ - stack_.get());
    top_ = larger.get() + (top_ - stack_.get());
    high_ = larger.get() + (high_ - stack_.get());
    stack_ = std::move(larger);
    capacity_ = capacity;
  }
  high_ = std::max(high_, top_ + room);
  return true;
}

bool Body::push(Types types) {
  if (types.empty()) return true;
  if (static_cast<size_t>(high_ - top_) < types.size() && !raise_high(types.size())) return false;
  std::memcpy(static_cast<void*>(top_), types.data(), types.size_bytes());
  top_ += types.size();
  return true;
}

bool Body::pop(Types expected) {
  if (expected.empty()) return true;
  if (available() >= expected.size() && equal(top_ - expected.size(), expected.data(), expected.size())) {
    top_ -= expected.size();
    return true;
  }
  if (!check_top(expected)) return false;
  top_ -= std::min(available(), expected.size());
  return true;
}

bool Body::check_top(Types expected) {
  if (available() >= expected.size() && equal(top_ - expected.size(), expected.data(), expected.size())) return true;
  const size_t present = std::min(available(), expected.size());
  if (present < expected.size() && !frames_.back().unreachable) return mismatch_list("instruction", expected);
  if (!spend(present)) return false;
  const ValueType* found = top_ - present;
  for (const ValueType& type : expected.last(present))
    if (!matches(*found++, type)) return mismatch_list("instruction", expected);
  return true;
}

bool Body::check_frame_end(Types expected) {
  if (available() == expected.size() && equal(base_, expected.data(), expected.size())) return true;
  if (!check_top(expected)) return false;
  return available() <= expected.size() || mismatch_list("block", expected);
}

bool Body::pop_any(ValueType& type) {
  if (top_ != base_) {
    type = *--top_;
    return true;
  }
  type = module::kBottom;
  return frames_.back().unreachable || fail("type mismatch: expected an operand, found nothing");
}

bool Body::pop_ref(ValueType& type) {
  if (!pop_any(type)) return false;
  if (type == module::kBottom) type = kBottomRef;
  return type.is_ref() || fail("type mismatch: expected a reference, found " + name_of(type));
}

bool Body::pop_other(ValueType expected) {
  if (top_ == base_) return frames_.back().unreachable || mismatch(expected, std::nullopt);
  const ValueType found = *--top_;
  return matches(found, expected) || mismatch(expected, found);
}

bool Body::replace(std::initializer_list<ValueType> from_top, std::initializer_list<ValueType> results) {
  for (const ValueType type : from_top)
    if (!pop(type)) return false;
  for (const ValueType type : results)
    if (!push(type)) return false;
  return true;
}

bool Body::other_row(const Signature& signature, ValueType address) {
  for (size_t i = signature.operand_count; i-- > 0;)
    if (!pop(type_of(signature.operands[i], address))) return false;
  for (const SigType result : signature.result_types())
    if (!push(type_of(result, address))) return false;
  return true;
}

bool Body::matches(ValueType sub, ValueType super) const {
  if (sub == super || sub == module::kBottom) return true;
  if (!sub.is_ref() || !super.is_ref()) return false;
  return sub == kBottomRef || module::matches(module_, sub, super);
}

bool Body::spend(size_t work) {
  // Only lists that are not equal type by type come here: subtypes, unreachable code. Real functions need little of it;
  // lists of 1000 types repeated every other byte would take seconds.
  work_left_ -= static_cast<int64_t>(work);
  if (work_left_ >= 0) return true;
  return fail(ErrorKind::Unsupported, "function too complex: too many types to compare", instruction_offset_);
}

bool Body::check_type(ValueType type) {
  if (!type.is_ref() || !type.heap_type().is_index()) return true;
  if (type.heap_type().is_exact() && !module_.features.has(module::Feature::custom_descriptors))
    return fail(ErrorKind::Malformed, "malformed heap type: exact types need --enable custom-descriptors",
                instruction_offset_);
  const uint32_t index = type.heap_type().index().value;
  return index < module_.types.size() || unknown("type", index);
}

bool Body::fail(std::string message) {
  return fail(ErrorKind::Invalid, std::move(message), instruction_offset_);
}

bool Body::not_enabled(Opcode opcode) {
  const instructions::OpcodeInfo& row = opcode_info(opcode);
  char code[32];
  std::snprintf(code, sizeof code, "illegal opcode %02x %02x: ", row.prefix, row.code);
  return fail(ErrorKind::Malformed, std::string(code) + row.text + " needs --enable " + to_string(row.feature),
              instruction_offset_);
}

bool Body::fail(ErrorKind kind, std::string message, uint64_t offset) {
  if (!error_) error_ = Error{kind, std::move(message), offset};
  return false;
}

bool Body::fail_reader(const ByteReader& reader) {
  if (error_) return false;
  const bool end_of_section = is_constant_ || reader.error_offset() == module_.code_section.end;
  error_ = reader_error(module_, reader, instruction_offset_, end_of_section);
  return false;
}

bool Body::unknown(const char* what, uint32_t index) {
  return fail("unknown " + std::string(what) + " " + std::to_string(index));
}

bool Body::mismatch(ValueType expected, std::optional<ValueType> found) {
  return fail("type mismatch: expected " + name_of(expected) + ", found " + (found ? name_of(*found) : "nothing"));
}

bool Body::mismatch_list(const char* who, Types expected) {
  const size_t shown = std::strcmp(who, "block") == 0 ? available() : std::min(available(), expected.size());
  return fail("type mismatch: " + std::string(who) + " requires " + list_of(expected) + " but stack has " +
              list_of(Types(top_ - shown, shown)));
}

}  // namespace wasmrun::validate
