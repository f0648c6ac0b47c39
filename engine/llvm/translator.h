// One validated body to LLVM IR, in SSA form from the start: each local and operand is an LLVM value; where paths meet, phis are made
// for what differs. Visible: ClusterContext, Translator.
#pragma once

#include <llvm/IR/DIBuilder.h>
#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/Module.h>

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "engine/abi/calling_convention.h"
#include "engine/abi/compiled_module.h"
#include "engine/abi/compiler.h"
#include "engine/abi/instance_layout.h"
#include "engine/abi/traps.h"
#include "engine/instructions/handler_type.h"
#include "engine/instructions/nan_results.h"
#include "engine/instructions/visit.h"
#include "engine/llvm/budget.h"
#include "engine/llvm/fixed_tables.h"
#include "engine/module/function_summary.h"

namespace wasmrun::llvm_compiler {

namespace imm = instructions::imm;

/// What an access to an object or to what belongs to the heap touches; no access of another kind does, nor one of the same kind and
/// another `which`: fields of structs at another offset, elements that are stored differently.
enum class HeapAccess : uint32_t { Header, Next, Tag, Length, Field, Element };

/// How many types a type has above it.
uint32_t depth_of(const module::Module& module, TypeIndex type);

/// What the functions of one LLVM module share.
struct ClusterContext {
  ClusterContext(const module::Module& wasm, const FixedTables& tables, const abi::CompileOptions& options, const abi::ModuleLayout& layout,
                 llvm::LLVMContext& context);

  /// The LLVM function that stands for a defined function of the module; declared when it is first asked for.
  llvm::Function* function(FuncIndex index);
  /// The same, to be defined; `is_wide`: with wide_type.
  llvm::Function* define(FuncIndex index, bool is_wide);
  /// What travels in registers, as arguments and results of its own types.
  llvm::FunctionType* type_of(const module::FuncType& type);
  llvm::Type* type_of(module::ValueType type) const;
  llvm::MDNode* heap_access(HeapAccess access, uint32_t which);
  /// What stands for a handler in LLVM's tables.
  llvm::Constant* handler_symbol(uint32_t handler);
  static std::string symbol(FuncIndex index) { return "f" + std::to_string(index.value); }

  const module::Module& wasm;
  const FixedTables& tables;
  const abi::CompileOptions& options;
  const abi::ModuleLayout& layout;
  const abi::ObjectLayouts objects;
  llvm::LLVMContext& context;
  llvm::Module ir;
  llvm::DIBuilder debug;
  llvm::DIFile* file = nullptr;
  llvm::DISubroutineType* debug_type = nullptr;

  llvm::Type *void_type, *ptr, *i1, *i8, *i16, *i32, *i64, *f32, *f64, *v128;
  /// Of functions that make tail calls: an argument and a result for every register, because musttail demands equal types of caller
  /// and callee. Callers need not care: what a function takes is in the same registers either way.
  llvm::FunctionType* wide_type = nullptr;
  llvm::StructType* wide_result = nullptr;
  /// Of the trap stub and of builtins.
  llvm::FunctionType* stub_type = nullptr;
  llvm::MDNode* invariant = nullptr;
  llvm::MDNode* unlikely = nullptr;
  llvm::MDNode* likely = nullptr;
  std::map<std::pair<HeapAccess, uint32_t>, llvm::MDNode*> heap_accesses;
  std::vector<abi::Handler> handlers;
};

class Translator {
 public:
  explicit Translator(ClusterContext& cluster) : c_(cluster), b_(cluster.context) {}
  /// Makes the definition of `function`. Errors: Unsupported.
  Result<void> translate(FuncIndex function, const module::FunctionSummary& summary);

 private:
  friend struct Dispatch;
  using Value = llvm::Value;

  /// Where paths meet.
  struct Label {
    llvm::BasicBlock* target = nullptr;
    size_t log_begin = 0;                     ///< of the changes since the label's block began
    std::vector<llvm::PHINode*> operands;     ///< in `target`
    std::unordered_map<uint32_t, llvm::PHINode*> locals;
    std::vector<llvm::BasicBlock*> predecessors;
  };

  /// A block whose exceptions are caught. Every call in it may go to `pad`, a landing pad. From there, and from the blocks inside when none
  /// of their clauses is meant, `dispatch` is entered with one operand: the exception with the clause's number in its upper half.
  struct Try {
    Label pad, dispatch;
    Try* outer = nullptr;          ///< where exceptions go that no clause takes
    uint32_t first_handler = abi::Handler::kNone;
    uint32_t last_handler = abi::Handler::kNone;
    llvm::SwitchInst* clauses = nullptr;      ///< once dispatch is made
    Value* exception = nullptr;               ///< likewise
    std::vector<std::pair<uint32_t, Value*>> locals;  ///< likewise: what differs from the block's begin
  };

  /// A block, loop, if or the function itself.
  struct Frame : Label {
    enum class Kind : uint8_t { Function, Block, Loop, If, Else, Try, Catch } kind = Kind::Block;
    llvm::BasicBlock* else_block = nullptr;   ///< If
    std::unique_ptr<Try> own_try;             ///< try, and try_table with clauses
    std::vector<imm::Catch> catches;          ///< try_table
    Try* handlers = nullptr;                  ///< of calls here; null: exceptions leave the function
    std::vector<module::ValueType> params, results;
    std::vector<Value*> entry_operands;       ///< If: the parameters, for the else part
    size_t height = 0;                        ///< of the operand stack below the parameters
    const std::vector<module::ValueType>& label_types() const { return kind == Kind::Loop ? params : results; }
  };
  struct Change {
    uint32_t local;
    Value* before;
  };

  // ---- Control (control.cpp).
  void begin(FuncIndex function, const module::FunctionSummary& summary);
  void push_frame(Frame::Kind kind, const imm::BlockType& type);
  Frame& label(LabelIndex index) { return frames_[frames_.size() - 1 - index.value]; }
  /// One more edge from the current block to the label of `frame`, with the current locals and top operands.
  void add_edge(Frame& frame);
  void add_operands(Label& label, std::span<Value* const> values);
  /// `is_open`: locals may differ that did not on the edges before.
  void add_locals(Label& label, bool is_open);
  void end_frame();
  /// Goes on in the label of `frame`, which is closed.
  void enter_label(Frame& frame);
  void roll_back(size_t log_begin);
  void become_unreachable();
  void branch_if(Value* condition, LabelIndex index);
  llvm::PHINode* phi_at_begin(llvm::BasicBlock* block, llvm::Type* type);
  void set_local(uint32_t local, Value* value);
  llvm::BasicBlock* new_block() { return llvm::BasicBlock::Create(c_.context, "", function_); }
  void go_to(llvm::BasicBlock* block) { b_.SetInsertPoint(block); }
  void emit_return();

  // ---- Operands.
  void push(Value* value) { stack_.push_back(value); }
  Value* pop() {
    Value* value = stack_.back();
    stack_.pop_back();
    return value;
  }
  /// Whether the popped i32 is not 0.
  Value* pop_condition() {
    Value* const value = pop();
    // Most come from a comparison.
    if (auto* const extension = llvm::dyn_cast<llvm::ZExtInst>(value); extension && extension->getSrcTy() == c_.i1) {
      return extension->getOperand(0);
    }
    return b_.CreateICmpNE(value, constant32(0));
  }
  Value* constant32(uint32_t value) { return llvm::ConstantInt::get(c_.i32, value); }
  Value* constant64(uint64_t value) { return llvm::ConstantInt::get(c_.i64, value); }
  llvm::Type* type_of(module::ValueType type) const { return c_.type_of(type); }
  void push_bool(Value* condition) { push(b_.CreateZExt(condition, c_.i32)); }

  // ---- Traps and calls (calls.cpp).
  void trap_if(Value* condition, abi::TrapCode code, Value* operand = nullptr);
  void trap(abi::TrapCode code, Value* operand);
  llvm::CallBase* call_stub(Value* code, const std::vector<std::pair<unsigned, Value*>>& given, bool may_throw = false);
  llvm::CallBase* call_builtin(abi::Builtin builtin, const std::vector<Value*>& words, bool may_throw = false);
  struct Callee {
    Value* code = nullptr;  ///< null: `direct`
    llvm::Function* direct = nullptr;
    Value* instance = nullptr;
  };
  void emit_call(const module::FuncType& type, const Callee& callee);
  /// A call through a table where only one element has the type: this one is called directly.
  void emit_likely_call(const imm::CallIndirect& given, const FixedTables::Target& target);
  void emit_tail_call(const module::FuncType& type, const Callee& callee);
  void store_spilled(const std::vector<abi::ValuePlace>& places, size_t first);
  bool makes_tail_calls() const;
  Callee callee_of(FuncIndex function);
  Callee callee_of(const imm::CallIndirect& target);
  Callee callee_of_reference();
  Value* to_register(Value* value);
  Value* from_register(Value* word, module::ValueType type);
  Value* spill_slot(uint32_t index);

  // ---- Memory (memory.cpp).
  Value* field(Value* base, uint64_t offset) { return b_.CreateConstGEP1_64(c_.i8, base, offset); }
  Value* load_field(llvm::Type* type, uint64_t offset) { return b_.CreateLoad(type, field(instance_, offset)); }
  Value* load_invariant(llvm::Type* type, uint64_t offset);
  Value* memory_base(uint32_t memory);
  Value* memory_size_bytes(uint32_t memory);
  Value* address(const imm::MemArg& arg, uint32_t bytes);
  void load(const imm::MemArg& arg, uint32_t bytes, llvm::Type* stored, llvm::Type* result, bool is_signed);
  void store(const imm::MemArg& arg, uint32_t bytes, llvm::Type* stored);
  bool is_memory64(uint32_t memory) const;
  Value* table_descriptor(uint32_t table);
  Value* table_element(TableIndex table);
  Value* global_cell(GlobalIndex global);
  Value* bulk(abi::Builtin builtin, uint64_t first, uint32_t operands);

  // ---- Atomic accesses (atomic.cpp).
  Value* atomic_address(const imm::MemArg& arg, uint32_t bytes);
  void atomic_load(const imm::MemArg& arg, llvm::Type* stored, llvm::Type* result);
  void atomic_store(const imm::MemArg& arg, llvm::Type* stored);
  void atomic_modify(llvm::AtomicRMWInst::BinOp op, const imm::MemArg& arg, llvm::Type* stored);
  void atomic_compare_exchange(const imm::MemArg& arg, llvm::Type* stored);
  void wait_or_notify(abi::Builtin builtin, const imm::MemArg& arg, uint32_t operands);

  // ---- Numbers (numeric.cpp).
  void int_binary(llvm::Instruction::BinaryOps op);
  void shift(llvm::Instruction::BinaryOps op);
  void rotate(llvm::Intrinsic::ID intrinsic);
  void divide(llvm::Instruction::BinaryOps op, bool is_signed, bool is_remainder);
  void compare(llvm::CmpInst::Predicate predicate);
  void count_bits(llvm::Intrinsic::ID intrinsic);
  void sign_extend(llvm::Type* from);
  void float_binary(llvm::Instruction::BinaryOps op);
  void float_unary(llvm::Intrinsic::ID intrinsic);
  void float_min_max(bool is_min);
  void truncate(llvm::Type* to, bool is_signed);
  void truncate_saturating(llvm::Type* to, bool is_signed);
  /// The operation on numbers or vectors of them, which makes signaling NaNs quiet.
  Value* float_operation(llvm::Instruction::BinaryOps op, Value* left, Value* right);
  /// `value`, its NaNs as `nans_` says.
  Value* with_settled_nans(Value* value);
  void push_float(Value* value) { push(with_settled_nans(value)); }

  // ---- Vectors: <2 x i64> on the operand stack, lanes of the instruction's type within a handler.
  llvm::FixedVectorType* lanes_of(llvm::Type* element) const;
  Value* with_type(Value* vector, llvm::Type* type);
  Value* pop_lanes(llvm::Type* element) { return with_type(pop(), lanes_of(element)); }
  void push_lanes(Value* lanes) { push(with_type(lanes, c_.v128)); }
  void push_float_lanes(Value* lanes) { push_lanes(with_settled_nans(lanes)); }
  Value* lanes_from(Value* vector, unsigned first, unsigned count, unsigned step = 1);
  Value* splat_constant(llvm::Type* element, uint64_t bits);
  // (vector_integer.cpp)
  void vector_binary(llvm::Type* element, llvm::Instruction::BinaryOps op);
  void vector_intrinsic(llvm::Type* element, llvm::Intrinsic::ID generic);
  void vector_instruction(llvm::Type* element, llvm::Intrinsic::ID machine);
  void vector_compare(llvm::Type* element, llvm::CmpInst::Predicate predicate);
  void vector_negate(llvm::Type* element);
  void vector_abs(llvm::Type* element);
  void vector_shift(llvm::Type* element, llvm::Instruction::BinaryOps op);
  void vector_all_true(llvm::Type* element);
  void vector_bitmask(llvm::Type* element);
  Value* half_extended(llvm::Type* from, bool is_high, bool is_signed);
  void vector_multiply_extended(llvm::Type* from, bool is_high, bool is_signed);
  void vector_multiply_words(bool is_high, llvm::Intrinsic::ID upper);
  Value* rounded_high_products(Value* left, Value* right);
  // (vector_float.cpp)
  void vector_float_binary(llvm::Type* element, llvm::Instruction::BinaryOps op);
  void vector_float_unary(llvm::Type* element, llvm::Intrinsic::ID intrinsic);
  void vector_float_min_max(llvm::Type* element, llvm::Intrinsic::ID machine, llvm::Instruction::BinaryOps join);
  Value* extreme(llvm::CmpInst::Predicate predicate, Value* first, Value* second);
  Value* number_or_zero(Value* lanes);
  void vector_multiply_add(llvm::Type* element, bool subtracts);
  // (vector_lanes.cpp, vector_memory.cpp)
  void splat(llvm::Type* element);
  void extract_lane(llvm::Type* element, uint8_t lane, bool is_signed);
  void replace_lane(llvm::Type* element, uint8_t lane);
  Value* load_value(const imm::MemArg& arg, llvm::Type* type);
  void load_extended(const imm::MemArg& arg, llvm::Type* from, bool is_signed);
  void load_splat(const imm::MemArg& arg, llvm::Type* element);
  void load_zero(const imm::MemArg& arg, llvm::Type* element);
  void load_lane(const imm::MemArg& arg, llvm::Type* element, uint8_t lane);
  void store_lane(const imm::MemArg& arg, llvm::Type* element, uint8_t lane);
  // (wide_arithmetic.cpp)
  Value* pop_wide();
  void push_wide(Value* value);
  void multiply_wide(bool is_signed);

  // ---- Exceptions (exception.cpp).
  llvm::CallBase* call_or_invoke(llvm::FunctionType* type, Value* code, const std::vector<Value*>& arguments, bool may_throw);
  Try& make_try(Frame& frame);
  void keep_instance_in_frame();
  uint32_t add_handler(uint32_t tag, uint32_t next);
  void add_clause(Try& block, uint32_t tag);
  void restore_locals(const Try& block);
  void make_dispatch(Try& block, size_t height);
  void make_clauses(Frame& frame);
  void push_exception_arguments(const module::FuncType& tag, Value* exception);
  void begin_catch(uint32_t tag, const module::FuncType* type);
  void throw_now(abi::Builtin builtin, const std::vector<Value*>& words);
  const module::FuncType& tag_type(TagIndex tag) const { return c_.wasm.types[c_.wasm.tags[tag.value].type.value].func; }

  // ---- The collected heap (aggregate.cpp, allocation.cpp, cast.cpp).
  /// Where a field or element lies, and how.
  struct Item {
    Value* address;
    const abi::FieldLayout layout;
    module::ValueType type;
    HeapAccess access;
    uint32_t which;
  };
  /// A test whose result is known on several ways.
  struct Answer {
    llvm::BasicBlock* block = nullptr;
    std::vector<std::pair<Value*, llvm::BasicBlock*>> known;
  };
  template <class Access>
  Access* touching(Access* access, HeapAccess kind, uint32_t which = 0) {
    access->setMetadata(llvm::LLVMContext::MD_tbaa, c_.heap_access(kind, which));
    return access;
  }
  Value* heap_base();
  Value* object_address(Value* reference);
  Value* load_tag(Value* reference);
  void trap_if_null(Value* reference, abi::TrapCode code);
  llvm::Type* stored_type(const abi::FieldLayout& layout, module::ValueType type) const;
  Value* load_item(const Item& item, bool is_signed);
  void store_item(const Item& item, Value* value, bool is_new);
  Item field_of(Value* reference, TypeIndex type, uint32_t index);
  Item element_of(Value* reference, TypeIndex type, Value* index);
  Item descriptor_of(Value* reference, TypeIndex type);
  Value* array_length(Value* reference);
  void check_element(Value* reference, Value* index);
  void get_field(const imm::TypeField& given, bool is_signed);
  void get_element(TypeIndex type, bool is_signed);
  void fill_elements(Value* reference, TypeIndex type, Value* first, Value* count, Value* value, bool is_new);
  void get_i31(bool is_signed);
  Value* store_context_field(uint64_t offset);
  Value* allocate_slowly(TypeIndex type, Value* length);
  Value* allocate(TypeIndex type, Value* size_bytes, Value* length, Value* is_small);
  Value* allocate(TypeIndex type, uint64_t size_bytes, uint32_t length);
  Value* allocate_array(TypeIndex type, Value* length);
  void new_struct(TypeIndex type, bool is_default);
  void new_array_from_segment(abi::Builtin builtin, TypeIndex type, uint32_t segment);
  void answer_if(Answer& answer, Value* condition, bool value);
  Value* finish(Answer& answer, Value* otherwise);
  Value* tag_is_of(Value* tag, module::HeapType type);
  Value* is_of(Value* reference, module::ValueType target);
  void cast(module::ValueType target);
  Value* has_descriptor(module::ValueType target);
  void cast_by_descriptor(module::ValueType target);

 public:
  // ---- One handler a row of opcodes.def; accesses without a lane take a MemArg.
  template <class Immediate>
  static constexpr bool kIsMemArg = std::is_base_of_v<imm::MemArg, Immediate> && !requires(Immediate given) { given.lane; };
  template <class Immediate>
  using RowHandler = typename instructions::HandlerType<std::conditional_t<kIsMemArg<Immediate>, imm::MemArg, Immediate>>::type;
#define OP(name, text, prefix, code, immediate, ...) RowHandler<imm::immediate> name;
#define OP_RULE(name, text, prefix, code, immediate, ...) RowHandler<imm::immediate> name;
#include "engine/instructions/opcodes.def"
#undef OP
#undef OP_RULE

 private:
  /// Counts what a step adds to the function; false when that is too much, and the step is to be left out.
  bool spend(uint64_t work) {
    work_ += work;
    if (work_ > kMostWork && !error_) error_ = Error{ErrorKind::Unsupported, "function too large for the optimizing compiler", instruction_offset_};
    return work_ <= kMostWork;
  }
  void fail_unsupported(const char* what) {
    if (!error_) error_ = Error{ErrorKind::Unsupported, std::string("not supported yet: ") + what, instruction_offset_};
  }

  ClusterContext& c_;
  llvm::IRBuilder<> b_;
  TrustedReader reader_{std::span<const uint8_t>{}};
  const module::FunctionSummary* summary_ = nullptr;
  const module::FuncType* type_ = nullptr;
  llvm::Function* function_ = nullptr;
  llvm::DISubprogram* scope_ = nullptr;
  Value* instance_ = nullptr;
  Value* memory0_base_ = nullptr;
  std::vector<Value*> stack_;
  std::vector<Value*> locals_;
  std::vector<Change> log_;          ///< of locals, since the function began
  std::vector<size_t> log_place_;    ///< where a local's latest entry may be
  std::vector<Frame> frames_;
  uint32_t next_loop_ = 0;
  bool reachable_ = true;
  uint64_t work_ = 0;  ///< of `spend`
  bool has_try_ = false;
  bool is_wide_ = false;  ///< the function has wide_type
  uint64_t instruction_offset_ = 0;
  std::optional<Error> error_;
  instructions::NanResult nans_ = instructions::NanResult::None;
};

}  // namespace wasmrun::llvm_compiler
