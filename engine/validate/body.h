// The rules of instruction sequences: one object checks one function body or constant expression. Visible inside
// validate/: Body. Rules live in the file of their group: control.cpp, parametric.cpp, ...; those on the hot path and
// the one function for all OP rows are here, so that the decoder's switch takes them in.
//
// The operand stack holds the types of the values on the machine's stack. Each frame owns the part from its height on:
//
//     operands:  [ function's ... | block's ... | loop's ... ]  top_ ->
//                  ^ height 0       ^ height      ^ base_ (the innermost frame's height)
//
// After an unconditional branch the rest of the frame is unreachable: its stack gives operands of type Bottom for ever.
// spec: appendix, validation algorithm
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/base/result.h"
#include "engine/instructions/signature.h"
#include "engine/instructions/visit.h"
#include "engine/module/function_summary.h"
#include "engine/module/module.h"

namespace wasmrun::validate {

using instructions::Opcode;
using instructions::opcode_info;
using instructions::Signature;
using instructions::SigType;
using module::FuncType;
using module::ValueType;
namespace imm = instructions::imm;

/// A reference of which nothing is known: `ref.as_non_null` on an unreachable stack makes it. Matches every reference
/// type. No module can name this type index.
inline constexpr ValueType kBottomRef = ValueType::ref(TypeIndex(0x3fffff), false);

/// One label: a block that is open.
struct Frame {
  enum class Kind : uint8_t { Function, Block, Loop, If, Else, Try, Catch, CatchAll, TryTable };
  Kind kind = Kind::Block;
  bool unreachable = false;
  bool has_single_result = false;
  ValueType single_result;         ///< of a block type that is a value type
  const FuncType* type = nullptr;  ///< of a block type that is a function type
  uint32_t height = 0;             ///< operands below the frame
  uint32_t loop = 0;               ///< position in the summary, for a loop
  size_t set_locals = 0;           ///< height of the list of locals that got their first value

  std::span<const ValueType> params() const { return type ? std::span(type->params) : std::span<const ValueType>{}; }
  std::span<const ValueType> results() const {
    if (type) return type->results;
    return {&single_result, has_single_result ? size_t{1} : size_t{0}};
  }
  /// What a branch to this frame takes.
  std::span<const ValueType> label_types() const { return kind == Kind::Loop ? params() : results(); }
};

/// The top of the hierarchy that `type` belongs to. spec: a cast's operand and target must share it
module::AbstractHeapType top_of(const module::Module& module, module::HeapType type);

/// The failure of a reader that was decoding the instruction at `instruction_offset`, in the test suite's words.
/// `end_of_section` says whether the section ends with the bytes being read.
Error reader_error(const module::Module& module, const ByteReader& reader, uint64_t instruction_offset,
                   bool end_of_section);

/// Decodes instructions up to the final `end` and checks nothing else. Returns the Malformed error, if there is one.
std::optional<Error> find_malformed(const module::Module& module, ByteReader reader);

/// Checks a constant expression that gives one value of `type`; `global.get` sees the first `visible_globals` globals.
/// Leaves `body` ready for the next one. spec: valid-constant
class Body;
Result<void> check_constant(Body& body, const module::Module& module, module::ConstExpr expression, ValueType type,
                            uint32_t visible_globals);

/// The visitor of one body. Handlers return false after a failure, which take_error() then gives.
class Body {
 public:
  explicit Body(const module::Module& module);

  /// Starts a function's body: reads the locals, fills the summary's first half.
  bool begin_function(FuncIndex function, ByteReader& reader, module::FunctionSummary& summary);
  /// Starts a constant expression that gives one value; `global.get` sees the first `visible_globals` globals.
  bool begin_constant(ValueType result, uint32_t visible_globals, uint64_t size);
  /// Visits instructions up to the final `end`, through `visitor`, which is this object or forwards to it.
  template <class Visitor>
  bool run(ByteReader& reader, Visitor& visitor) {
    while (!frames_.empty()) {
      instruction_offset_ = reader.offset();
      if (!instructions::visit_instruction(reader, visitor)) return fail_reader(reader);
    }
    return true;
  }
  /// The rest of a function body, after begin_function(); completes the summary.
  bool run_function(ByteReader& reader);

  /// An Invalid error whose place is the instruction that is being visited.
  bool fail(std::string message);
  /// Refuses the row of a proposal that the module may not use.
  bool not_enabled(Opcode opcode);
  bool fail(ErrorKind kind, std::string message, uint64_t offset);
  /// Keeps the reader's failure, unless a handler has failed.
  bool fail_reader(const ByteReader& reader);
  Error take_error() { return std::move(*error_); }

  // Rows whose operands are fixed: one function for all.
#define OP(name, ...)                        \
  template <class... Immediate>              \
  bool name(const Immediate&... immediate) { \
    return row<Opcode::name>(immediate...);  \
  }
#define OP_RULE(...)
#include "engine/instructions/opcodes.def"
#undef OP
#undef OP_RULE

  // control.cpp
  bool nop() {
    return true;
  }
  bool unreachable();
  bool block(const imm::BlockType& type);
  bool loop(const imm::BlockType& type);
  bool if_(const imm::BlockType& type);
  bool else_();
  bool end();
  bool br(const imm::LabelIndex& label);
  bool br_if(const imm::LabelIndex& label);
  bool br_table(const imm::LabelTable& table);
  bool return_();
  bool call(const imm::FuncIndex& function);
  bool call_indirect(const imm::CallIndirect& callee);
  bool call_ref(const imm::TypeIndex& type);
  bool return_call(const imm::FuncIndex& function);
  bool return_call_indirect(const imm::CallIndirect& callee);
  bool return_call_ref(const imm::TypeIndex& type);
  bool br_on_null(const imm::LabelIndex& label);
  bool br_on_non_null(const imm::LabelIndex& label);
  bool br_on_cast(const imm::BrOnCast& cast);
  bool br_on_cast_fail(const imm::BrOnCast& cast);
  bool br_on_cast_desc_eq(const imm::BrOnCast& cast);
  bool br_on_cast_desc_eq_fail(const imm::BrOnCast& cast);

  // exception.cpp
  bool throw_(const imm::TagIndex& tag);
  bool throw_ref();
  bool try_table(const imm::TryTable& table);
  bool try_(const imm::BlockType& type);
  bool catch_(const imm::TagIndex& tag);
  bool catch_all();
  bool delegate(const imm::LabelIndex& label);
  bool rethrow(const imm::LabelIndex& label);

  // parametric.cpp
  bool drop();
  bool select();
  bool select_t(const imm::SelectTypes& types);

  // variable.cpp
  bool local_get(const imm::LocalIndex& local) {
    const uint32_t index = local.index.value;
    if (index >= local_count_) [[unlikely]]
      return unknown("local", index);
    if (!unset_locals_.empty() && unset_locals_[index]) [[unlikely]]
      return uninitialized(index);
    count_use(index);
    return push(locals_[index]);
  }
  bool local_set(const imm::LocalIndex& local) {
    const uint32_t index = local.index.value;
    if (index >= local_count_) [[unlikely]]
      return unknown("local", index);
    count_use(index);
    written_ |= module::local_bit(index);
    if (!unset_locals_.empty() && unset_locals_[index]) [[unlikely]]
      initialize(index);
    return pop(locals_[index]);
  }
  bool local_tee(const imm::LocalIndex& local) {
    return local_set(local) && push(locals_[local.index.value]);
  }
  bool global_get(const imm::GlobalIndex& global);
  bool global_set(const imm::GlobalIndex& global);

  // table.cpp
  bool table_get(const imm::TableIndex& table);
  bool table_set(const imm::TableIndex& table);
  bool table_size(const imm::TableIndex& table);
  bool table_grow(const imm::TableIndex& table);
  bool table_fill(const imm::TableIndex& table);
  bool table_copy(const imm::TablePair& tables);
  bool table_init(const imm::ElemTable& init);
  bool elem_drop(const imm::ElemIndex& elem);

  // memory.cpp
  bool memory_copy(const imm::MemoryPair& memories);
  bool data_drop(const imm::DataIndex& data);

  // reference.cpp
  bool ref_null(const imm::HeapType& type);
  bool ref_is_null();
  bool ref_func(const imm::FuncIndex& function);
  bool ref_as_non_null();
  bool ref_test(const imm::HeapType& type);
  bool ref_test_null(const imm::HeapType& type);
  bool ref_cast(const imm::HeapType& type);
  bool ref_cast_null(const imm::HeapType& type);
  bool ref_get_desc(const imm::TypeIndex& type);
  bool ref_cast_desc_eq(const imm::HeapType& type);
  bool ref_cast_desc_eq_null(const imm::HeapType& type);
  bool ref_i31();
  bool any_convert_extern();
  bool extern_convert_any();

  // aggregate.cpp
  bool struct_new(const imm::TypeIndex& type);
  bool struct_new_default(const imm::TypeIndex& type);
  bool struct_new_desc(const imm::TypeIndex& type);
  bool struct_new_default_desc(const imm::TypeIndex& type);
  bool struct_get(const imm::TypeField& field);
  bool struct_get_s(const imm::TypeField& field);
  bool struct_get_u(const imm::TypeField& field);
  bool struct_set(const imm::TypeField& field);
  bool array_new(const imm::TypeIndex& type);
  bool array_new_default(const imm::TypeIndex& type);
  bool array_new_fixed(const imm::TypeCount& type);
  bool array_new_data(const imm::TypeData& source);
  bool array_new_elem(const imm::TypeElem& source);
  bool array_get(const imm::TypeIndex& type);
  bool array_get_s(const imm::TypeIndex& type);
  bool array_get_u(const imm::TypeIndex& type);
  bool array_set(const imm::TypeIndex& type);
  bool array_fill(const imm::TypeIndex& type);
  bool array_copy(const imm::TypePair& types);
  bool array_init_data(const imm::TypeData& source);
  bool array_init_elem(const imm::TypeElem& source);

 private:
  using Types = std::span<const ValueType>;

  // Operands, body.cpp. `pop` and `push` of many types keep the order of declaration: the last is on top.
  uint32_t height() const {
    return static_cast<uint32_t>(top_ - stack_.get());
  }
  size_t available() const {
    return static_cast<size_t>(top_ - base_);
  }
  bool push(ValueType type) {
    if (top_ == high_) [[unlikely]] {
      if (!raise_high(1)) return false;
    }
    *top_++ = type;
    return true;
  }
  bool push(Types types);
  bool pop(ValueType expected) {
    if (top_ != base_ && top_[-1] == expected) [[likely]]
      return --top_, true;
    return pop_other(expected);
  }
  bool pop(Types expected);
  bool pop_other(ValueType expected);
  /// Takes an operand of any type; Bottom on an unreachable stack.
  bool pop_any(ValueType& type);
  /// Takes a reference of any type; kBottomRef on an unreachable stack.
  bool pop_ref(ValueType& type);
  /// Pops, in this order from the top, and pushes.
  bool replace(std::initializer_list<ValueType> from_top, std::initializer_list<ValueType> results);
  /// Whether the top operands match; the stack stays.
  bool check_top(Types expected);
  /// Whether the frame holds exactly these operands.
  bool check_frame_end(Types expected);
  bool raise_high(size_t room);
  void set_unreachable() {
    top_ = base_;
    frames_.back().unreachable = true;
  }
  bool matches(ValueType sub, ValueType super) const;
  bool spend(size_t work);

  // Errors, body.cpp.
  bool unknown(const char* what, uint32_t index);
  bool mismatch(ValueType expected, std::optional<ValueType> found);
  bool mismatch_list(const char* who, Types expected);
  bool check_type(ValueType type);

  // Frames, control.cpp.
  bool enter(Frame::Kind kind, const imm::BlockType& type);
  bool push_frame(Frame frame, Types params);
  bool find_label(uint32_t label, const Frame*& frame);
  /// Starts the next part of the innermost frame: `else`, `catch`.
  bool next_part(Frame::Kind kind, Types params);
  void leave_loop(const Frame& frame);
  void forget_locals(size_t height);
  bool find_func_type(uint32_t index, const FuncType*& type);
  bool find_callee(const imm::CallIndirect& callee, const FuncType*& type);
  bool check_call(const FuncType& type);
  bool check_tail_call(const FuncType& type);
  void count_call() {
    has_call_ = true;
    ++calls_;
  }
  void set_weight();

  // Exceptions.
  bool check_handler(const imm::Catch& handler);
  bool find_tag(uint32_t index, const FuncType*& type);

  // Variables.
  void count_use(uint32_t local) {
    uint32_t& weight = weights_[local];
    const uint32_t sum = weight + weight_;
    weight = sum < weight_ ? UINT32_MAX : sum;
    used_ |= module::local_bit(local);
  }
  bool uninitialized(uint32_t local);
  void initialize(uint32_t local);

  // Tables, memories, segments.
  bool find_table(TableIndex index, const module::TableType*& type);
  bool find_memory(MemoryIndex index, ValueType& address) {
    if (index.value >= module_.memories.size()) [[unlikely]]
      return unknown("memory", index.value);
    address = value_type(module_.memories[index.value].limits.address_type);
    return true;
  }
  bool check_data(DataIndex index);
  bool check_elem(ElemIndex index);

  // References and aggregates.
  bool test(module::HeapType type, bool nullable);
  bool cast(module::HeapType type, bool nullable);
  bool check_cast_branch(const imm::BrOnCast& cast, ValueType branched, ValueType kept, bool by_descriptor);
  bool cast_by_descriptor(module::HeapType type, bool nullable);
  /// What a cast to `target` compares descriptors with.
  bool find_cast_descriptor(module::HeapType target, ValueType& descriptor);
  bool check_allocation(TypeIndex type, bool with_descriptor);
  bool pop_fields(const module::SubType& type);
  bool check_defaults(const module::SubType& type);
  bool find_struct(TypeIndex index, const module::SubType*& type);
  bool find_field(const imm::TypeField& field, const module::FieldType*& type);
  bool find_array(TypeIndex index, const module::FieldType*& element);
  bool find_mutable_array(TypeIndex index, const module::FieldType*& element);
  bool find_numeric_array(TypeIndex index, const module::FieldType*& element);
  bool get_field(const imm::TypeField& field, bool packed);
  bool get_element(TypeIndex type, bool packed);
  bool new_object(TypeIndex type);

  // Immediates of OP rows: each overload checks one and finds what `addr` stands for.
  static constexpr ValueType type_of(SigType type, ValueType address) {
    using enum module::AbstractHeapType;
    switch (type) {
      case SigType::I32: return module::kI32;
      case SigType::I64: return module::kI64;
      case SigType::F32: return module::kF32;
      case SigType::F64: return module::kF64;
      case SigType::V128: return module::kV128;
      case SigType::Addr: return address;
      case SigType::EqRef: return ValueType::ref(Eq, true);
      case SigType::ArrayRef: return ValueType::ref(Array, true);
      case SigType::I31Ref: return ValueType::ref(I31, true);
    }
    __builtin_unreachable();
  }
  bool check_access(const imm::MemArg& access, uint32_t bytes, ValueType& address) {
    if (access.memory.value != 0 || module_.memories.empty()) [[unlikely]]
      return check_other_access(access, bytes, address);
    uses_memory0_ = true;
    address = memory0_address_;
    if (access.align_log2 > static_cast<uint32_t>(__builtin_ctz(bytes)) || (access.offset & memory0_excess_) != 0)
        [[unlikely]]
      return check_other_access(access, bytes, address);
    return true;
  }
  bool check_other_access(const imm::MemArg& access, uint32_t bytes, ValueType& address);
  bool invalid_lane(uint32_t lane, uint32_t lanes);
  template <uint32_t kBits>
  bool check(const imm::MemArgOf<kBits>& access, ValueType& address) {
    return check_access(access, kBits / 8, address);
  }
  template <uint32_t kBits>
  bool check(const imm::AtomicMemArgOf<kBits>& access, ValueType& address) {
    return check_access(access, kBits / 8, address) && (1u << access.align_log2 == kBits / 8 || unnatural_alignment());
  }
  bool unnatural_alignment();
  bool check(const imm::ZeroByte&, ValueType&) {
    return true;
  }
  template <uint32_t kBits>
  bool check(const imm::MemArgLaneOf<kBits>& access, ValueType& address) {
    return check_access(access, kBits / 8, address) &&
           (access.lane < access.kLanes || invalid_lane(access.lane, access.kLanes));
  }
  template <uint32_t kLanes>
  bool check(const imm::LaneIndexOf<kLanes>& lane, ValueType&) {
    return lane.lane < kLanes || invalid_lane(lane.lane, kLanes);
  }
  bool check(const imm::Shuffle& shuffle, ValueType&);
  bool check(const imm::MemoryIndex& memory, ValueType& address) {
    return find_memory(memory.index, address);
  }
  bool check(const imm::DataMemory& init, ValueType& address) {
    return find_memory(init.second, address) && check_data(init.first);
  }
  bool check(const imm::I32Const&, ValueType&) {
    return true;
  }
  bool check(const imm::I64Const&, ValueType&) {
    return true;
  }
  bool check(const imm::F32Const&, ValueType&) {
    return true;
  }
  bool check(const imm::F64Const&, ValueType&) {
    return true;
  }
  bool check(const imm::V128Const&, ValueType&) {
    return true;
  }

  /// The rows that become a call of the runtime and access memory in bulk.
  void count_bulk(const imm::MemoryIndex& memory) {
    uses_memory0_ |= memory.index.value == 0;
  }
  void count_bulk(const imm::DataMemory& init) {
    uses_memory0_ |= init.second.value == 0;
  }

  /// Which OP rows become calls of the runtime.
  static constexpr bool calls_runtime(Opcode opcode) {
    return opcode == Opcode::memory_grow || opcode == Opcode::memory_fill || opcode == Opcode::memory_init ||
           opcode == Opcode::memory_atomic_notify || opcode == Opcode::memory_atomic_wait32 ||
           opcode == Opcode::memory_atomic_wait64;
  }

  template <Opcode kOpcode, class... Immediate>
  bool row(const Immediate&... immediate) {
    static constexpr Signature kSignature = instructions::signature(kOpcode);
    constexpr size_t kOperands = kSignature.operand_count;
    ValueType address = module::kI32;
    if constexpr (module::is_proposal(opcode_info(kOpcode).feature)) {
      if (!module_.features.has(opcode_info(kOpcode).feature)) return not_enabled(kOpcode);
    }
    if (!(check(immediate, address) && ...)) return false;
    if constexpr (calls_runtime(kOpcode)) count_call();
    if constexpr (kOpcode == Opcode::memory_fill || kOpcode == Opcode::memory_init) (count_bulk(immediate), ...);
    if (available() < kOperands) [[unlikely]]
      return other_row(kSignature, address);
    bool equal = true;
    for (size_t i = 0; i < kOperands; ++i) equal &= top_[i - kOperands] == type_of(kSignature.operands[i], address);
    if (!equal) [[unlikely]]
      return other_row(kSignature, address);
    top_ -= kOperands;
    if constexpr (kSignature.result_count == 0) {
      return true;
    } else if constexpr (kOperands == 0) {
      return push(type_of(kSignature.results[0], address));
    } else {
      static_assert(kSignature.result_count <= kOperands);  // so there is room for them
      for (size_t i = 0; i < kSignature.result_count; ++i) *top_++ = type_of(kSignature.results[i], address);
      return true;
    }
  }
  /// row() where the operands are not exactly those of the signature: subtypes, unreachable code, errors.
  bool other_row(const Signature& signature, ValueType address);

  const module::Module& module_;
  ValueType memory0_address_;
  uint64_t memory0_excess_ = 0;  ///< bits that an offset into memory 0 must not have

  std::unique_ptr<ValueType[]> stack_;
  size_t capacity_ = 0;
  ValueType* top_ = nullptr;
  ValueType* base_ = nullptr;
  ValueType* high_ = nullptr;  ///< the highest top so far; there is room up to it
  std::vector<Frame> frames_;
  uint32_t max_frames_ = 0;

  const ValueType* locals_ = nullptr;
  uint32_t* weights_ = nullptr;
  uint32_t local_count_ = 0;
  std::vector<bool> unset_locals_;    ///< empty when all locals have a default
  std::vector<uint32_t> set_locals_;  ///< which have got their first value, oldest first

  // Of the innermost loop; the enclosing loops' wait in the summary.
  uint64_t used_ = 0;
  uint64_t written_ = 0;
  bool has_call_ = false;
  uint32_t weight_ = 1;
  uint32_t loop_depth_ = 0;
  uint32_t calls_ = 0;
  bool uses_memory0_ = false;

  bool is_constant_ = false;
  uint32_t visible_globals_ = 0;
  int64_t work_left_ = 0;
  uint64_t instruction_offset_ = 0;
  module::FunctionSummary* summary_ = nullptr;
  std::optional<Error> error_;
};

}  // namespace wasmrun::validate
