// Compiles one function body in one pass. Visible: FunctionCompiler; its handlers lie in the files of their groups.
//
// Registers
//   r12         instance pointer; lost in a call, reloaded from the frame at the next use
//   rbx         base of memory 0; loaded from the instance at the first use, lost in a call
//   r11         scratch inside one handler          xmm14, xmm15  scratch inside one handler
//   r13 r14 r15 rdi rsi r9 r10, xmm0..xmm7          pinned to the hottest locals, else as below
//   rax rcx rdx r8, xmm8..xmm13                     operands
//
// An i32 in a register always has zero in its upper half ("clean"), because an address is formed by adding the whole
// register to the base: one dirty bit would reach outside the sandbox. Every 32-bit instruction leaves it so; parameters
// and results of calls are cleaned when they arrive. Nothing that wraps at 32 bits is ever folded into an address.
//
// How a handler works: pop the operands, ask for them in the form it needs (gpr, xmm, memory), release them, ask for the
// result's register (result_gpr, result_xmm), emit, push. Operands released before the result is asked for may share its
// register: right for one instruction that reads before it writes. Where the result is written before the last read of an
// operand, release later and name the operands' registers in `avoid`.
//
// The frame, from rbp down: saved r12, then slots of 8 bytes (v128: 16) for locals and slots of 16 for operands, given out
// at first use. The prologue is made last, when it is known what it must do, and is laid before the body.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <vector>

#include "engine/abi/calling_convention.h"
#include "engine/abi/compiler.h"
#include "engine/abi/instance_layout.h"
#include "engine/abi/traps.h"
#include "engine/baseline/local_state.h"
#include "engine/baseline/value.h"
#include "engine/baseline/x64/assembler.h"
#include "engine/instructions/handler_type.h"
#include "engine/instructions/nan_results.h"
#include "engine/instructions/visit.h"

namespace wasmrun::baseline {

class ModuleCompilation;
namespace imm = instructions::imm;
using abi::TrapCode;
using x64::Condition;
using x64::Gpr;
using x64::GprSet;
using x64::Mem;
using x64::Width;
using x64::Xmm;
using x64::XmmSet;

/// What a comparison left in the flags: a condition, or one of two that floats need, where unordered sets parity.
enum class Test : uint8_t {
  o, no, b, ae, e, ne, be, a, s, ns, p, np, l, ge, le, g,
  FloatEqual,     ///< e and not p
  FloatNotEqual,  ///< ne or p
};
constexpr Test test_of(Condition condition) { return static_cast<Test>(condition); }
constexpr Test negate(Test test) { return static_cast<Test>(static_cast<uint8_t>(test) ^ 1); }

/// A memory access about to be emitted: `operand` is used in exactly one instruction, then the access is released.
struct Access {
  Mem operand;
  Value address;
};

/// A direct call: where its 32-bit distance lies, and the function it goes to.
struct CallSite {
  uint32_t code_offset;
  uint32_t function;
};

/// What one worker made beside code. Offsets are those of the code space, handlers count within the worker.
struct WorkerOutput {
  std::vector<uint8_t> locations;
  std::vector<CallSite> calls;
  std::vector<abi::Handler> handlers;
  std::vector<abi::HandlerSite> handler_sites;
};

class FunctionCompiler final : public abi::FunctionCompiler {
 public:
  explicit FunctionCompiler(ModuleCompilation& compilation);
  ~FunctionCompiler() override;
  Result<void> compile(FuncIndex function, const module::FunctionSummary& summary) override;

 private:
  friend struct Dispatch;

  // One handler a row of opcodes.def. Rows of features in kUnsupported are never called and have no definition.
#define OP(name, text, prefix, code, immediate, ...) typename instructions::HandlerType<imm::immediate>::type name;
#define OP_RULE(name, text, prefix, code, immediate, ...) typename instructions::HandlerType<imm::immediate>::type name;
#include "engine/instructions/opcodes.def"
#undef OP
#undef OP_RULE

  // ---- The operand stack (value_stack.cpp).

  /// Takes the top operand. A register it owns stays reserved until it is released or pushed again.
  Value pop() {
    const Value value = stack_.back();
    stack_.pop_back();
    if (value.where == Value::Where::Local) locals_[value.index].references = static_cast<uint32_t>(value.next_reference);
    return value;
  }
  /// Gives back the register of a popped value, if it owns one.
  void release(const Value& value) {
    if (value.where != Value::Where::Register) return;
    if (is_vector_class(value.kind)) {
      free_xmms_.insert(static_cast<Xmm>(value.reg));
    } else {
      free_gprs_.insert(static_cast<Gpr>(value.reg));
    }
  }
  /// Pushes the result in `reg`: an operand register from result_gpr, own_gpr or allocate_gpr, or the pinned register that
  /// result_gpr chose, in which case the local.set or local.tee that follows is done with.
  void push(ValueKind kind, Gpr reg);
  void push(ValueKind kind, Xmm reg);
  /// Pushes a constant; `bits` of an i32 or f32 are zero-extended.
  void push_constant(ValueKind kind, uint64_t bits) {
    Value value;
    value.kind = kind;
    value.bits = bits;
    stack_.push_back(value);
  }
  /// Pushes the outcome of the comparison just emitted: stays in the flags when the next instruction consumes it there.
  void push_test(Test test);

  /// The value in a register that must not be written: its own, a local's, or a fresh one it is loaded into.
  Gpr gpr(Value& value);
  Xmm xmm(Value& value);
  /// The value in an operand register that may be written; `value` then owns it. Never a pinned register.
  Gpr own_gpr(Value& value);
  Xmm own_xmm(Value& value);
  /// The value in a register that result_gpr may have chosen for the coming local.set, else as own_gpr: for instructions
  /// that overwrite their first operand. Consumes `value`; push the register. Never the register of `other`.
  Gpr result_from(Value& value, const Value& other);
  Gpr result_from(Value& value) { return result_from(value, Value{}); }

  /// Whether the value lies in a frame slot now, so that `memory` may name it. i32 and f32 are valid for 4 bytes, i64, f64
  /// and references for 8, v128 for 16 (aligned).
  bool in_memory(const Value& value) const;
  Mem memory(const Value& value);
  /// Calls `f` with the value as Mem if it lies in the frame, or if it is a float constant, else as Xmm.
  template <class F>
  void with_xmm_or_memory(Value& value, F&& f) {
    if (in_memory(value)) {
      f(memory(value));
    } else if (value.is_constant() && value.bits != 0) {
      f(constant_operand(value));
    } else {
      f(xmm(value));
    }
  }
  /// Calls `f` with the value as Mem if it lies in the frame, else as Gpr. Constants are loaded.
  template <class F>
  void with_gpr_or_memory(Value& value, F&& f) {
    if (in_memory(value)) {
      f(memory(value));
    } else {
      f(gpr(value));
    }
  }
  /// A register for a result: that of the local which the next instruction sets, or a free operand register; none of `avoid`.
  Gpr result_gpr(GprSet avoid = {});
  Xmm result_xmm(XmmSet avoid = {});
  /// The registers `value` is read from, for `avoid`. Empty when it is in memory or constant.
  GprSet gprs_of(const Value& value) const;
  XmmSet xmms_of(const Value& value) const;

  /// A free operand register; an operand is spilled when there is none. `free_*` gives it back.
  Gpr allocate_gpr(GprSet avoid = {}) {
    const GprSet candidates = free_gprs_ - avoid;
    if (__builtin_expect(candidates.empty(), 0)) return spill_for_gpr(avoid);
    const Gpr reg = candidates.first();
    free_gprs_.erase(reg);
    return reg;
  }
  Xmm allocate_xmm(XmmSet avoid = {}) {
    const XmmSet candidates = free_xmms_ - avoid;
    if (__builtin_expect(candidates.empty(), 0)) return spill_for_xmm(avoid);
    const Xmm reg = candidates.first();
    free_xmms_.erase(reg);
    return reg;
  }
  void free_gpr(Gpr reg) { free_gprs_.insert(reg); }
  void free_xmm(Xmm reg) { free_xmms_.insert(reg); }
  /// Makes this very register (rax, rcx, rdx or r8) free and takes it: an operand on the stack that has it moves. It must not
  /// belong to a popped value.
  void take_gpr(Gpr reg);
  void take_xmm(Xmm reg);
  /// Loads `value` into `dst` without consuming it or changing what is known of locals.
  void load(Gpr dst, const Value& value);
  void load(Xmm dst, const Value& value);

  // ---- Memory and instance (memory.cpp).

  /// Pops the address and returns the operand of an access of `bytes` bytes to it. r11 may be in use until the access.
  Access pop_address(const imm::MemArg& arg, uint32_t bytes);
  void release(const Access& access) { release(access.address); }
  /// Call directly before emitting an instruction that accesses a memory, so that a fault there is known as this one's.
  void mark_memory_access() { add_location(asm_.offset()); }
  /// r12, loaded if it was lost.
  Gpr instance();
  Gpr memory_base();

  // ---- Constants and traps (code_tail.cpp).

  /// 16 bytes beside the code, aligned.
  Mem constant_operand(const std::array<uint8_t, 16>& bytes);
  Mem constant_operand(uint64_t low, uint64_t high);
  /// The same for a float constant.
  Mem constant_operand(const Value& constant) { return constant_operand(constant.bits, 0); }
  /// Jumps to a cold trap when the condition holds.
  void trap_if(Condition condition, TrapCode code);
  /// A label of a cold trap of this instruction, for use in several jumps; valid until the next instruction.
  x64::Label& trap_label(TrapCode code);

  // ---- Locals (variable.cpp).

  struct Local {
    ValueKind kind = ValueKind::I32;
    int8_t pin = -1;            ///< -1: lives in the frame
    int32_t frame_offset = 0;   ///< from rbp; 0: no slot given out yet
    uint32_t references = Value::kNone;  ///< topmost operand that is this local, then Value::next_reference
  };
  bool is_pinned(const Local& local) const { return local.pin >= 0; }
  Gpr pinned_gpr(const Local& local) const { return kPinnedGprs[static_cast<size_t>(local.pin)]; }
  Xmm pinned_xmm(const Local& local) const { return static_cast<Xmm>(static_cast<unsigned>(local.pin) - kGprPins); }
  /// The local's slot in the frame.
  Mem home(uint32_t index);
  /// Makes the pinned local's register valid.
  void load_pinned(uint32_t index);
  void load_pin_from_home(unsigned pin);
  void store_pin_to_home(unsigned pin);
  /// Turns the operands that are this local into copies, because it is about to change.
  void copy_references(uint32_t index);
  /// The local was written in its register: forgets other copies.
  void wrote_pinned(const Local& local);
  /// Gives registers to the locals that are used most.
  void choose_pins(const module::FunctionSummary& summary);
  /// Stores pinned locals that exist only in registers; before a call.
  void store_dirty_locals();
  /// Before code divides: locals that are still known to be zero get their registers.
  void settle_zeros();
  void set_local(uint32_t index, Value value);
  uint32_t pins_of(uint64_t local_bits) const;

  // ---- Control (control.cpp).

  struct ControlFrame {
    enum class Kind : uint8_t { Function, Block, Loop, If, Else, Try, Catch } kind = Kind::Block;
    bool end_is_reached = false;  ///< a branch goes to `label` (blocks that are not loops)
    uint32_t height = 0;          ///< operands below the parameters
    const module::FuncType* type = nullptr;  ///< null: no parameters, and `result` or nothing
    module::ValueType result;                ///< Bottom: none
    x64::Label label;       ///< a loop's begin, else the end
    x64::Label else_label;  ///< If
    LocalState state;       ///< at `label`
    LocalState else_state;  ///< at `else_label`
    uint32_t stub_epoch = 0;  ///< the br_table that has a stub for this frame...
    uint32_t stub = 0;        ///< ...and which
    uint32_t handlers = abi::Handler::kNone;  ///< the chain that sees exceptions inside
    uint32_t last_handler = 0;                ///< Try, Catch: where the next clause is appended
    uint32_t landing_pads = Value::kNone;     ///< those that branch to it: a list by LandingPad::next
    int32_t exception_offset = 0;             ///< Catch: where in the frame the exception is kept
    std::span<const module::ValueType> params() const {
      return type ? std::span<const module::ValueType>(type->params) : std::span<const module::ValueType>();
    }
    std::span<const module::ValueType> results() const {
      if (type) return type->results;
      return std::span<const module::ValueType>(&result, result.kind() == ValueKind::Bottom ? 0 : 1);
    }
    /// What a branch to it carries.
    std::span<const module::ValueType> label_types() const { return kind == Kind::Loop ? params() : results(); }
  };
  /// Loads and stores that an edge to a label needs.
  struct EdgeCode {
    uint32_t loads = 0;
    uint32_t stores = 0;
    bool empty() const { return (loads | stores) == 0; }
  };

  void enter(ControlFrame::Kind kind, const imm::BlockType& type);
  /// Moves operands that a merge could not describe into their slots.
  void settle_operands();
  /// What an edge from the current state to the frame's label needs, and weakens the label's state to what both sides have.
  EdgeCode join(ControlFrame& frame);
  void emit(const EdgeCode& code);
  /// Puts the top operands where the label expects them; they stay on the stack.
  void place_results(const ControlFrame& frame);
  /// Whether branch operands go to slots that other operands may still use, so that only the taken edge may write them.
  bool results_move_slots(const ControlFrame& frame) const;
  void store_slot_results(const ControlFrame& frame);
  void jump_if(Test test, x64::Label& label);
  /// All of an unconditional branch. Changes nothing known about the code after it.
  void emit_branch(ControlFrame& frame);
  /// br_if, its condition in the flags.
  void branch_if(Test test, LabelIndex label);
  void emit_return();
  void end_if_without_else(ControlFrame& frame);
  void leave_frame();
  void push_label_operands(std::span<const module::ValueType> types, bool in_slots, uint32_t height);
  struct Stub {
    x64::Label label;
    size_t frame;
    EdgeCode code;
  };
  x64::Label& table_target(size_t frame_index);
  void put_operand_in_block_register();
  /// Pops the condition of br_if, if or select and leaves it in the flags.
  Test pop_condition();
  /// Pushes what was popped, which kept its place.
  void push_again(const Value& value);
  /// Sets the zero flag if the value is zero; emits nothing when the instruction before has just done that.
  void test_value(Value& value);
  /// The zero flag now tells about `reg`.
  void note_flags(ValueKind kind, Gpr reg);
  /// Control may come from elsewhere to the next instruction.
  void forget_flags() { flags_offset_ = Value::kNone; }
  void drop_operands_to(uint32_t height);
  void become_unreachable();
  ControlFrame& frame_at(LabelIndex label) { return control_[control_.size() - 1 - label.value]; }

  // ---- Calls (call.cpp).

  /// What to call: a function by index, a table element (Indirect), or a function reference on the stack. The FuncObject of the
  /// last two goes to rbx.
  struct CallTarget {
    enum class Kind : uint8_t { Defined, Imported, Indirect, Reference } kind;
    uint32_t function = 0;
    const imm::CallIndirect* indirect = nullptr;
  };
  void emit_call(const module::FuncType& type, const CallTarget& target, bool is_tail);
  /// Saves all that a call destroys, except the top `arguments` operands.
  void save_for_call(uint32_t arguments);
  /// The registers hold nothing any more.
  void forget_registers();
  void store_spilled_arguments(const module::FuncType& type);
  void load_spill_area(Gpr dst);
  std::optional<uint8_t> register_of(const Value& value) const;
  void load_places(std::span<const Gpr> gprs, std::span<const Xmm> xmms);
  void push_results(const module::FuncType& type);
  void resolve_callee(const imm::CallIndirect& target, const Value& index);
  void resolve_reference(const Value& reference);
  /// Calls the runtime with `first` and the top `operands` operands. The result, if any, is in rax, which is free.
  void call_builtin(abi::Builtin builtin, uint64_t first, uint32_t operands);

  // ---- Exceptions (exception.cpp).

  /// Where a clause of try_table arrives. Its code lies behind the body and is made last, when the label is known.
  struct LandingPad {
    uint32_t handler;
    const module::FuncType* tag;  ///< null: no arguments
    bool has_reference;
    uint32_t next;
    enum class Target : uint8_t { Register, Slots, Return } target = Target::Register;
    x64::Label label;
    uint32_t loads = 0;   ///< pins that the label expects in registers
    uint32_t height = 0;  ///< of the label's frame
  };
  /// The call whose return address this is sees the handlers around it.
  void add_handler_site(uint32_t code_offset) {
    if (control_.back().handlers == abi::Handler::kNone) return;
    abi::HandlerSite site;
    site.return_address = code_offset;
    site.first_handler = control_.back().handlers;
    handler_sites_.push_back(site);
  }
  uint32_t add_handler(uint32_t tag, uint32_t next) {
    handlers_.push_back({tag, 0, next});
    return static_cast<uint32_t>(handlers_.size() - 1);
  }
  const module::FuncType& tag_type(TagIndex tag) const { return module_.types[module_.tags[tag.value].type.value].func; }
  void begin_catch(uint32_t tag, const module::FuncType* type);
  void leave_catch(const ControlFrame& frame) { catch_depth_ -= frame.kind == ControlFrame::Kind::Catch; }
  /// What is valid where an exception arrives: every local, in memory.
  LocalState landing_state() const { return {0, local_pins_ | kPseudoPins}; }
  void settle_landing_pads(ControlFrame& frame);
  void emit_landing_pads();
  void emit_landing_pad(LandingPad& pad);
  void load_exception_arguments(const module::FuncType& tag, uint32_t height);

  // ---- Loads, stores, integers (memory.cpp, numeric.cpp).

  Mem effective_address(const imm::MemArg& arg, uint32_t bytes, Value& address);
  Mem effective_address64(const imm::MemArg& arg, uint32_t bytes, Value& address);
  /// Puts the base of memory 0, or the descriptor of another, into rbx; returns where the size is.
  Mem load_memory(uint32_t memory);
  void load_base(uint32_t memory);
  bool is_checked(const module::MemoryType& memory) const;
  enum class Extension : uint8_t { None, Zero, Sign };
  void load_gpr(const imm::MemArg& arg, Width memory, Extension extension, ValueKind kind);
  void store_gpr(const imm::MemArg& arg, Width memory);
  void load_xmm(const imm::MemArg& arg, ValueKind kind);
  void store_xmm(const imm::MemArg& arg, ValueKind kind);
  /// Where the global's value is; may use r11.
  Mem global(uint32_t index);
  /// The address of the table's descriptor in r11.
  void load_table_descriptor(uint32_t table);
  Mem table_element(uint32_t table, Gpr index);
  /// Pushes what a builtin returned, a number of the address type.
  void push_builtin_result(module::AddressType type);

  enum class Alu : uint8_t { Add, Or, And, Sub, Xor, Cmp };
  void emit_alu(Alu op, Width width, Gpr dst, const Value& right);
  void binary(Alu op, ValueKind kind);
  void bit_and(ValueKind kind);
  bool zero_extend(ValueKind kind, Value& value, uint64_t mask);
  void multiply(ValueKind kind);
  void compare(Condition condition, ValueKind kind);
  void equal_to_zero();
  enum class Shift : uint8_t { Shl, ShrS, ShrU, Rotl, Rotr };
  void shift(Shift op, ValueKind kind);
  void shift_by_constant(Shift op, ValueKind kind, Value left, uint8_t count);
  void shift_by_cl(Shift op, Width width, Gpr reg);
  enum class Division : uint8_t { DivS, DivU, RemS, RemU };
  void divide(Division op, ValueKind kind);
  bool divide_by_constant(Division op, ValueKind kind, Value& left, const Value& right);
  void count_zeros(bool leading, ValueKind kind);
  void population_count(ValueKind kind);
  void extend(Width from, ValueKind kind);

  // ---- Objects (allocation.cpp, aggregate.cpp, cast.cpp).

  /// Allocation that the inline path could not do; r12 is valid on every jump to it.
  struct ColdAllocation {
    x64::Label label;
    x64::Label back;
    Gpr result;
    std::optional<Gpr> length_register;
    uint32_t length;
    uint32_t type;
    uint64_t module_offset;
  };
  /// The heap's base in r11.
  void load_heap_base();
  void finish_allocation(TypeIndex type, Gpr dst, Gpr tmp, x64::Label& cold);
  void allocate_object(TypeIndex type, uint64_t size_bytes, uint32_t length, Gpr dst, Gpr tmp);
  void allocate_array(TypeIndex type, Gpr length, Gpr dst, Gpr tmp);
  void emit_cold_allocations();
  void load_field(const abi::FieldLayout& layout, module::ValueType type, const Mem& where, bool is_signed);
  /// Makes the coming store_field of a popped value one instruction.
  void prepare_field(Value& value);
  void store_field(const abi::FieldLayout& layout, const Mem& where, Value& value);
  void new_struct(TypeIndex type, bool is_default);
  void fill_elements(const abi::FieldLayout& layout, const Mem& first, Gpr count, Value& value);
  void new_array(TypeIndex type, bool is_default);
  void push_builtin_reference();
  void trap_if_null(Gpr reference, TrapCode code);
  void get_field(const imm::TypeField& field, bool is_signed);
  Mem element(const abi::FieldLayout& layout, Value& array, Value& index, std::optional<Gpr> tmp);
  void get_element(TypeIndex type, bool is_signed);
  void get_i31(bool is_signed);
  /// What a cast of the top operand, which stays, would say: a condition in the flags, or always the same.
  struct CastTest {
    std::optional<bool> constant;
    Test test = Test::e;
  };
  CastTest cast_top(module::ValueType target);
  /// Sets the zero flag if the TypeTag in r11 says a subtype of `type`; jumps to `done` with the flag set where that is known early.
  void test_tag(module::HeapType type, x64::Label& done);
  void test_reference(module::HeapType type, bool nullable);
  void cast(module::ValueType target);
  void branch_on_cast(LabelIndex label, module::ValueType target, bool on_success);
  // descriptor.cpp
  void test_descriptor(module::ValueType target);
  void cast_by_descriptor(module::ValueType target);

  // ---- Pairs of i64 (wide_arithmetic.cpp).

  void add_wide(bool subtracts);
  void multiply_wide(bool is_signed);
  void push_pair(Gpr low, Gpr high);

  // ---- Atomic accesses (atomic.cpp).

  enum class AtomicOp : uint8_t { Add, Sub, And, Or, Xor, Xchg };
  Mem atomic_address(const imm::MemArg& arg, uint32_t bytes, Value& address);
  Access pop_atomic_address(const imm::MemArg& arg, Width width);
  void zero_extend_in_place(Width width, Gpr reg);
  void atomic_load(const imm::MemArg& arg, Width width, ValueKind kind);
  void atomic_store(const imm::MemArg& arg, Width width);
  void atomic_modify(AtomicOp op, const imm::MemArg& arg, Width width, ValueKind kind);
  void atomic_loop(AtomicOp op, const imm::MemArg& arg, Width width, ValueKind kind);
  void atomic_compare_exchange(const imm::MemArg& arg, Width width, ValueKind kind);
  void call_wait_builtin(abi::Builtin builtin, const imm::MemArg& arg, uint32_t operands);

  // ---- Floats and conversions (numeric_float.cpp, conversion.cpp).

  void float_binary(ValueKind kind, x64::Sse op);
  void float_unary(ValueKind result_kind, x64::Sse op);
  void float_round(ValueKind kind, x64::Rounding mode);
  void float_compare(ValueKind kind, Test test, bool exchanged);
  void float_min_max(ValueKind kind, x64::Sse op, x64::Sse on_equal);
  void float_mask(ValueKind kind, x64::Sse op, uint64_t mask);
  void float_copysign(ValueKind kind);
  void reinterpret_as_integer(ValueKind result_kind);
  void reinterpret_as_float(ValueKind result_kind);
  void convert(ValueKind result_kind, ValueKind kind, bool is_signed);
  void convert_u64(ValueKind result_kind, Value& a);
  void convert_to_float(ValueKind result_kind, Width from, Xmm result, Gpr operand);
  void truncate(ValueKind kind, Width to, Gpr result, Xmm operand);
  void compare_with_zero(ValueKind kind, Xmm operand);
  void trap_not_convertible(ValueKind kind, Xmm operand);
  void trunc(ValueKind result_kind, ValueKind kind, bool is_signed, bool saturates);
  void trunc_signed(ValueKind result_kind, ValueKind kind, bool saturates, Gpr result, Xmm operand);
  void trunc_u32(ValueKind kind, bool saturates, Gpr result, Xmm operand);
  void trunc_u64(ValueKind kind, bool saturates, Gpr result, Xmm operand);

  // ---- Vectors (vector_memory.cpp, vector_lanes.cpp, vector_integer.cpp, vector_float.cpp,
  // vector_relaxed.cpp).

  void push_vector_constant(uint64_t low, uint64_t high);
  void load_extended(const imm::MemArg& arg, x64::Sse op);
  void load_splat_small(const imm::MemArg& arg, Width width);
  void load_lane(const imm::MemArg& arg, Width width, uint8_t lane);
  void store_lane(const imm::MemArg& arg, Width width, uint8_t lane);
  void splat_integer(Width width);
  void extract_integer_lane(Width width, uint8_t lane, bool is_signed);
  void extract_float_lane(ValueKind kind, uint8_t lane);
  void replace_integer_lane(Width width, uint8_t lane);
  void shuffle_one(Value& source, const std::array<uint8_t, 16>& lanes);
  void vector_binary(x64::Sse op);
  void vector_binary_exchanged(x64::Sse op);
  void vector_binary_imm(x64::Sse op, uint8_t imm, bool exchanged);
  void vector_unary(x64::Sse op);
  void vector_unary_imm(x64::Sse op, uint8_t imm);
  void vector_mask(x64::Sse op, uint64_t mask);
  void vector_compare_inverted(x64::Sse op, bool exchanged);
  void vector_compare_with_extreme(x64::Sse extreme, x64::Sse equal, bool inverted);
  void vector_negate(x64::Sse subtract);
  void vector_all_true(x64::Sse equal);
  void vector_extend_high(x64::Sse op);
  void vector_multiply_extended_bytes(x64::Sse extend, bool high);
  void vector_multiply_extended_words(x64::Sse multiply_high, x64::Sse interleave);
  void vector_multiply_extended_doublewords(x64::Sse multiply, bool high);
  void vector_shift(x64::Sse op, uint8_t lane_bits);
  /// Puts the count modulo `mask` + 1 into a vector register and r11.
  void vector_shift_count(const Value& count, uint8_t mask, Xmm into);
  void vector_shift_bytes(bool left);
  void vector_multiply_add(x64::Sse multiply, x64::Sse add, bool subtracts);
  void vector_float_min_max(x64::Sse op, x64::Sse join, bool is_double);

  // ---- Code outside the body (code_tail.cpp).

  struct Location {
    uint32_t code_offset;
    uint64_t module_offset;
  };
  struct ColdTrap {
    x64::Label label;
    TrapCode code;
    bool has_instance;  ///< r12 is valid on every jump to it
    uint64_t module_offset;
    std::optional<Gpr> operand = std::nullopt;  ///< what the trap's message names
  };
  struct PooledConstant {
    x64::Label label;
    uint64_t low;
    uint64_t high;
  };
  void add_location(uint32_t code_offset) { locations_.push_back({code_offset, instruction_offset_}); }
  /// For debuggers: the code from here on is the present instruction's.
  void begin_range() {
    if (locates_every_instruction_) add_location(asm_.offset());
  }
  void emit_trap(TrapCode code, bool has_instance, std::optional<Gpr> operand = std::nullopt);
  void emit_cold_traps();
  void emit_constants();
  /// What the prologue takes from the stack, the saved frame pointer not counted.
  uint32_t frame_bytes() const;
  void emit_prologue();
  void emit_parameters();
  void zero_frame();
  Result<void> hand_over(FuncIndex function);

  // ---- Decoding.

  void begin(FuncIndex function, const module::FunctionSummary& summary);
  bool fail_unsupported(const char* what);
  uint8_t peek_opcode() const { return reader_.peek_u8(); }
  /// The pinned local of this kind that the next instruction sets, or kNone.
  uint32_t local_set_next(bool vector_class) const;
  void finish_local_set();

  int32_t slot_offset(uint32_t operand_index);
  Mem slot(uint32_t operand_index) { return Mem(Gpr::rbp, slot_offset(operand_index)); }
  int32_t allocate_frame(uint32_t bytes);
  uint32_t height() const { return static_cast<uint32_t>(stack_.size()); }
  /// Pushes a value that owns its register.
  void push_value(const Value& value);
  void push_local(uint32_t index);
  void spill(uint32_t operand_index);
  Gpr spill_for_gpr(GprSet avoid);
  Xmm spill_for_xmm(XmmSet avoid);
  void own_register(Value& value, Gpr reg) {
    value.where = Value::Where::Register;
    value.reg = x64::encoding(reg);
  }
  void own_register(Value& value, Xmm reg) {
    value.where = Value::Where::Register;
    value.reg = x64::encoding(reg);
  }
  /// Makes the NaNs of the result in `reg` canonical, as `nans_` says (numeric_float.cpp).
  void canonicalize_nans(Xmm reg);
  void emit_test_as_bool(Gpr dst, Test test);
  void spill_registers_below(uint32_t height);
  void store(const Mem& where, ValueKind kind, Gpr reg) { asm_.mov(is_64_bit(kind) ? Width::W64 : Width::W32, where, reg); }
  void store(const Mem& where, ValueKind kind, Xmm reg);
  /// Stores the value at `where`; may use `temporary` and kScratchXmm.
  void store_value(const Mem& where, const Value& value, Gpr temporary = kScratch);

  ModuleCompilation& compilation_;
  const module::Module& module_;
  const abi::CompileOptions& options_;
  const abi::ModuleLayout& layout_;
  const abi::ObjectLayouts& objects_;
  x64::Assembler asm_;
  x64::Assembler prologue_asm_;
  TrustedReader reader_{std::span<const uint8_t>{}};
  uint64_t instruction_offset_ = 0;
  std::optional<Error> error_;

  const module::FunctionSummary* summary_ = nullptr;
  const module::FuncType* type_ = nullptr;
  std::vector<Value> stack_;
  std::vector<Local> locals_;
  std::vector<int32_t> slot_offsets_;
  std::vector<ControlFrame> control_;
  GprSet free_gprs_;
  XmmSet free_xmms_;
  GprSet operand_gprs_;  ///< all that are not pinned
  XmmSet operand_xmms_;
  uint32_t spilled_gprs_below_ = 0;  ///< no operand below this index owns a general register
  uint32_t spilled_xmms_below_ = 0;
  uint32_t references_begin_ = 0;  ///< no operand below this index is a local
  uint32_t flags_offset_ = Value::kNone;  ///< where the zero flag is that of `flags_reg_` as a `flags_kind_`
  ValueKind flags_kind_ = ValueKind::I32;
  Gpr flags_reg_ = Gpr::rax;
  instructions::NanResult nans_ = instructions::NanResult::None;  ///< of the instruction under way, when NaNs are to be canonical
  bool flags_live_ = false;        ///< a condition waits in the flags: nothing may change them
  LocalState state_;
  uint32_t local_pins_ = 0;  ///< pins that hold a local
  uint32_t zero_pins_ = 0;   ///< locals not yet written on any path, which have no other copy
  std::array<uint32_t, kLocalPins> local_of_pin_{};
  uint32_t next_loop_ = 0;
  bool reachable_ = true;
  bool saves_instance_ = false;
  x64::Label body_begin_;
  std::vector<Stub> stubs_;
  std::vector<abi::ValuePlace> places_;
  int32_t frame_bytes_ = 0;
  uint32_t stub_epoch_ = 0;

  std::vector<uint32_t> zeroed_locals_;  ///< unpinned, read from the frame: zero at entry
  std::vector<Location> locations_;
  std::deque<ColdTrap> traps_;
  std::deque<PooledConstant> constants_;
  std::deque<ColdAllocation> allocations_;
  std::vector<CallSite> calls_;
  std::vector<abi::Handler> handlers_;
  std::vector<abi::HandlerSite> handler_sites_;
  std::vector<LandingPad> landing_pads_;
  uint32_t catch_depth_ = 0;               ///< legacy catch blocks around
  std::vector<int32_t> exception_slots_;   ///< by depth, where their exceptions are kept

  uint32_t worker_ = 0;
  bool locates_every_instruction_ = false;
  std::vector<uint8_t> location_bytes_;
  std::vector<CallSite> linked_calls_;  ///< of all functions, offsets in the code space
  std::vector<abi::Handler> linked_handlers_;
  std::vector<abi::HandlerSite> linked_handler_sites_;
};

}  // namespace wasmrun::baseline
