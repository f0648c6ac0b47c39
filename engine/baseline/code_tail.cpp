// Code around the body: cold traps and constants behind it, the prologue before it; and handing the whole over.
//
//   code space:  prologue | body | cold traps | constants
#include <algorithm>
#include <cstring>
#include <utility>

#include "engine/baseline/function_compiler.h"
#include "engine/baseline/machine_convention.h"
#include "engine/baseline/module_compilation.h"
#include "engine/baseline/parallel_moves.h"

namespace wasmrun::baseline {

using abi::ValuePlace;

// ---- Traps.

x64::Label& FunctionCompiler::trap_label(TrapCode code) {
  const bool has_instance = state_.in_register & pin_bit(kInstancePin);
  if (!has_instance) saves_instance_ = true;
  traps_.push_back({x64::Label{}, code, has_instance, instruction_offset_});
  return traps_.back().label;
}

void FunctionCompiler::trap_if(Condition condition, TrapCode code) { asm_.jcc(condition, trap_label(code)); }

void FunctionCompiler::emit_trap(TrapCode code, bool has_instance, std::optional<Gpr> operand) {
  if (!has_instance) load_pin_from_home(kInstancePin);
  if (operand && *operand != Gpr::rcx) asm_.mov(Width::W64, Gpr::rcx, *operand);
  asm_.mov_imm(Gpr::rax, static_cast<uint32_t>(code));
  asm_.call(Mem(kInstance, offsetof(abi::InstanceHeader, trap_exit)));
  add_location(asm_.offset());
}

void FunctionCompiler::emit_cold_traps() {
  for (ColdTrap& trap : traps_) {
    asm_.reserve();
    asm_.bind(trap.label);
    instruction_offset_ = trap.module_offset;
    begin_range();
    emit_trap(trap.code, trap.has_instance, trap.operand);
  }
}

// ---- Constants.

Mem FunctionCompiler::constant_operand(uint64_t low, uint64_t high) {
  constexpr size_t kSearched = 8;
  for (size_t i = constants_.size(), end = i - std::min(i, kSearched); i-- > end;) {
    if (constants_[i].low == low && constants_[i].high == high) return Mem::rip(constants_[i].label);
  }
  constants_.push_back({x64::Label{}, low, high});
  return Mem::rip(constants_.back().label);
}

Mem FunctionCompiler::constant_operand(const std::array<uint8_t, 16>& bytes) {
  uint64_t words[2];
  std::memcpy(words, bytes.data(), sizeof words);
  return constant_operand(words[0], words[1]);
}

void FunctionCompiler::emit_constants() {
  if (constants_.empty()) return;
  asm_.reserve();
  while ((prologue_asm_.offset() + asm_.offset()) % 16 != 0) asm_.int3();
  for (PooledConstant& constant : constants_) {
    asm_.reserve();
    asm_.bind(constant.label);
    asm_.emit64(constant.low);
    asm_.emit64(constant.high);
  }
}

// ---- The prologue.

namespace {
constexpr uint32_t kInstanceSlot = 8;
}

uint32_t FunctionCompiler::frame_bytes() const {
  if (!saves_instance_ && static_cast<uint32_t>(frame_bytes_) == kInstanceSlot) return 0;
  return (static_cast<uint32_t>(frame_bytes_) + 15) / 16 * 16;
}

void FunctionCompiler::emit_prologue() {
  constexpr uint32_t kPage = 4096;
  constexpr uint32_t kUnrolledProbes = 4;
  asm_.reserve();
  asm_.push(Gpr::rbp);
  asm_.mov(Width::W64, Gpr::rbp, Gpr::rsp);
  const uint32_t total_bytes = frame_bytes();
  uint32_t bytes = total_bytes;
  // Each page is touched in order, so that an overflow meets the guard below the stack and not what lies beyond it.
  if (bytes / kPage > kUnrolledProbes) {
    asm_.mov_imm(Gpr::r10, bytes / kPage);
    x64::Label next;
    asm_.bind(next);
    asm_.sub(Width::W64, Gpr::rsp, static_cast<int32_t>(kPage));
    asm_.test(Width::W32, Mem(Gpr::rsp), Gpr::rax);
    asm_.sub(Width::W32, Gpr::r10, 1);
    asm_.jcc(Condition::ne, next);
    bytes %= kPage;
  }
  for (; bytes > kPage; bytes -= kPage) {
    asm_.sub(Width::W64, Gpr::rsp, static_cast<int32_t>(kPage));
    asm_.test(Width::W32, Mem(Gpr::rsp), Gpr::rax);
  }
  if (bytes != 0) asm_.sub(Width::W64, Gpr::rsp, static_cast<int32_t>(bytes));
  if (total_bytes != 0) zero_frame();
  if (saves_instance_) asm_.mov(Width::W64, Mem(Gpr::rbp, -static_cast<int32_t>(kInstanceSlot)), kInstance);
  emit_parameters();
}

/// Zeroes the unpinned locals that are not parameters; r10 and xmm15 are free.
void FunctionCompiler::zero_frame() {
  constexpr size_t kFew = 12;
  if (zeroed_locals_.empty()) return;
  int32_t lowest = 0;
  for (const uint32_t index : zeroed_locals_) lowest = std::min(lowest, locals_[index].frame_offset);
  const uint32_t area = (static_cast<uint32_t>(-lowest) + 15) / 16 * 16;
  if (zeroed_locals_.size() > kFew && area / 64 < zeroed_locals_.size()) {
    // Operand slots in between do not mind.
    asm_.zero(kScratchXmm);
    asm_.mov_imm(Gpr::r10, static_cast<uint64_t>(-static_cast<int64_t>(area)));
    x64::Label next;
    asm_.bind(next);
    asm_.movaps(Mem(Gpr::rbp, Gpr::r10, 0), kScratchXmm);
    asm_.add(Width::W64, Gpr::r10, 16);
    asm_.jcc(Condition::ne, next);
    return;
  }
  asm_.mov_imm(Gpr::r10, 0);
  for (const uint32_t index : zeroed_locals_) {
    asm_.reserve();
    const Mem where = home(index);
    asm_.mov(Width::W64, where, Gpr::r10);
    if (locals_[index].kind == ValueKind::V128) asm_.mov(Width::W64, where.plus(8), Gpr::r10);
  }
}

/// Brings the parameters from where the caller left them to their slots and pinned registers.
void FunctionCompiler::emit_parameters() {
  places_.clear();
  abi::assign_parameters(type_->params, places_);
  const auto is_used_from_frame = [&](uint32_t i) { return !is_pinned(locals_[i]) && locals_[i].frame_offset != 0; };
  bool spill_area_used = false;
  ParallelMoves<Gpr> gpr_moves;
  ParallelMoves<Xmm> xmm_moves;
  GprSet unclean;
  for (uint32_t i = 0; i < places_.size(); ++i) {
    asm_.reserve();
    const Local& local = locals_[i];
    const ValuePlace place = places_[i];
    switch (place.kind) {
      case ValuePlace::Kind::IntegerRegister: {
        const Gpr source = kIntegerArgumentRegisters[place.index];
        if (is_used_from_frame(i)) store(home(i), local.kind, source);
        if (!is_pinned(local)) break;
        gpr_moves.add(pinned_gpr(local), source);
        if (local.kind == ValueKind::I32) unclean.insert(pinned_gpr(local));
        break;
      }
      case ValuePlace::Kind::VectorRegister: {
        const Xmm source = kVectorArgumentRegisters[place.index];
        if (is_used_from_frame(i)) store(home(i), local.kind, source);
        if (is_pinned(local)) xmm_moves.add(pinned_xmm(local), source);
        break;
      }
      case ValuePlace::Kind::Spill: spill_area_used |= is_pinned(local) || is_used_from_frame(i); break;
    }
  }
  gpr_moves.emit(
      [&](Gpr dst, Gpr src) {
        asm_.mov(unclean.contains(dst) ? Width::W32 : Width::W64, dst, src);
        unclean.erase(dst);
      },
      [&](Gpr a, Gpr b) { asm_.xchg(Width::W64, a, b); });
  for (const Gpr reg : unclean) asm_.mov(Width::W32, reg, reg);
  emit_moves(asm_, xmm_moves);
  if (!spill_area_used) return;

  load_spill_area(kMemoryBase);
  for (uint32_t i = 0; i < places_.size(); ++i) {
    const Local& local = locals_[i];
    if (places_[i].kind != ValuePlace::Kind::Spill || (!is_pinned(local) && !is_used_from_frame(i))) continue;
    asm_.reserve();
    const Mem source(kMemoryBase, places_[i].index * 16);
    if (is_vector_class(local.kind)) {
      const Xmm dst = is_pinned(local) ? pinned_xmm(local) : kScratchXmm;
      asm_.movups(dst, source);
      if (!is_pinned(local)) store(home(i), local.kind, dst);
    } else {
      const Gpr dst = is_pinned(local) ? pinned_gpr(local) : kScratch;
      asm_.mov(is_64_bit(local.kind) ? Width::W64 : Width::W32, dst, source);
      if (!is_pinned(local)) store(home(i), local.kind, dst);
    }
  }
}

// ---- Handing over.

Result<void> FunctionCompiler::hand_over(FuncIndex function) {
  emit_cold_traps();
  emit_cold_allocations();
  emit_landing_pads();
  std::swap(asm_, prologue_asm_);
  asm_.clear();
  emit_prologue();
  std::swap(asm_, prologue_asm_);
  emit_constants();

  const std::span<const uint8_t> prologue = prologue_asm_.code();
  const std::span<const uint8_t> body = asm_.code();
  abi::CodeSpace& space = compilation_.code();
  uint8_t* code = space.allocate(prologue.size() + body.size());
  if (!code) return Error{ErrorKind::Unsupported, "module too large: the code of its functions exceeds the space for it", {}};
  std::memcpy(code, prologue.data(), prologue.size());
  std::memcpy(code + prologue.size(), body.data(), body.size());

  abi::CompiledFunction& compiled = compilation_.compiled(function);
  compiled.code_begin = static_cast<uint32_t>(code - space.base());
  const uint32_t body_begin = compiled.code_begin + static_cast<uint32_t>(prologue.size());
  compiled.code_end = body_begin + static_cast<uint32_t>(body.size());
  compiled.location_list = worker_;
  compiled.location_begin = static_cast<uint32_t>(location_bytes_.size());
  abi::LocationWriter writer(location_bytes_, compiled.code_begin);
  for (const Location& location : locations_) writer.add(body_begin + location.code_offset, location.module_offset);
  compiled.location_end = static_cast<uint32_t>(location_bytes_.size());
  for (const CallSite& call : calls_) linked_calls_.push_back({body_begin + call.code_offset, call.function});
  const auto first_handler = static_cast<uint32_t>(linked_handlers_.size());
  for (const abi::Handler& handler : handlers_) {
    const uint32_t next = handler.next == abi::Handler::kNone ? handler.next : first_handler + handler.next;
    linked_handlers_.push_back({handler.tag, body_begin + handler.landing_pad, next});
  }
  for (abi::HandlerSite site : handler_sites_) {
    site.return_address += body_begin;
    site.frame_bytes = frame_bytes();
    site.first_handler += first_handler;
    linked_handler_sites_.push_back(site);
  }
  return {};
}

}  // namespace wasmrun::baseline
