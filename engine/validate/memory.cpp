// Rules of memory accesses and data segments that the rows' signatures do not say. spec: valid-instr-memory
#include "engine/validate/body.h"

namespace wasmrun::validate {

using module::kI32;

bool Body::check_other_access(const imm::MemArg& access, uint32_t bytes, ValueType& address) {
  if (!find_memory(access.memory, address)) return false;
  uses_memory0_ |= access.memory.value == 0;
  if (access.align_log2 > static_cast<uint32_t>(__builtin_ctz(bytes)))
    return fail("alignment must not be larger than natural: 2^" + std::to_string(access.align_log2) +
                " bytes for an access of " + std::to_string(bytes));
  if (address == kI32 && access.offset > UINT32_MAX)
    return fail("offset out of range: " + std::to_string(access.offset) + " in a 32-bit memory");
  return true;
}

bool Body::unnatural_alignment() {
  return fail("atomic alignment must be natural");
}

bool Body::check_data(DataIndex index) {
  if (!module_.data_count) return fail(ErrorKind::Malformed, "data count section required", instruction_offset_);
  return index.value < *module_.data_count || unknown("data segment", index.value);
}

bool Body::memory_copy(const imm::MemoryPair& memories) {
  ValueType to, from;
  if (!find_memory(memories.first, to) || !find_memory(memories.second, from)) return false;
  count_call();
  uses_memory0_ |= memories.first.value == 0 || memories.second.value == 0;
  return replace({to == from ? to : kI32, from, to}, {});
}

bool Body::data_drop(const imm::DataIndex& data) {
  count_call();
  return check_data(data.index);
}

}  // namespace wasmrun::validate
