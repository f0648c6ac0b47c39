// Exceptions: throw, throw_ref, try_table, and the legacy try, catch, catch_all, delegate, rethrow.
//
// A call in a try block is an `invoke`: LLVM keeps what the landing pad needs in the frame, because a call keeps no register, and says in
// its tables (.gcc_except_table) which calls go to which landing pad. Where nothing is thrown, that costs nothing. The tables name the
// block's first clause; from them, handler_tables.cpp makes abi::HandlerSite. The runtime finds the clause, by its number the landing
// pad knows it.
//
//     calls in the block ──► landing pad ──► dispatch ──► clause ... ──► label
//                 those of a block inside ──►   └──────► dispatch of the block outside
#include "engine/llvm/translator.h"

namespace wasmrun::llvm_compiler {

using abi::Builtin;
using abi::Handler;
using module::FuncType;

llvm::Constant* ClusterContext::handler_symbol(uint32_t handler) { return ir.getOrInsertGlobal("h" + std::to_string(handler), i8); }

// ---- Calls.

llvm::CallBase* Translator::call_or_invoke(llvm::FunctionType* type, Value* code, const std::vector<Value*>& arguments, bool may_throw) {
  Try* const handlers = may_throw ? frames_.back().handlers : nullptr;
  if (handlers) {
    llvm::BasicBlock* const next = new_block();
    spend((kCaughtEdgeWork - 1) * handlers->pad.locals.size());
    add_locals(handlers->pad, true);
    llvm::InvokeInst* const call = b_.CreateInvoke(type, code, next, handlers->pad.target, arguments);
    call->setCallingConv(llvm::CallingConv::PreserveNone);
    go_to(next);
    return call;
  }
  llvm::CallInst* const call = b_.CreateCall(type, code, arguments);
  call->setCallingConv(llvm::CallingConv::PreserveNone);
  // A backtrace shows every caller, and endless recursion ends.
  call->setTailCallKind(llvm::CallInst::TCK_NoTail);
  if (!may_throw) call->setDoesNotThrow();
  return call;
}

// ---- Throwing.

void Translator::throw_now(Builtin builtin, const std::vector<Value*>& words) {
  llvm::CallBase* const call = call_builtin(builtin, words, true);
  call->setDoesNotReturn();
  // Each throw keeps its own place.
  call->addFnAttr(llvm::Attribute::NoMerge);
  b_.CreateUnreachable();
  become_unreachable();
}

void Translator::throw_(const imm::TagIndex& given) {
  const size_t count = tag_type(given.index).params.size();
  for (size_t i = 0; i < count; ++i) b_.CreateStore(stack_[stack_.size() - count + i], spill_slot(static_cast<uint32_t>(i)));
  stack_.resize(stack_.size() - count);
  throw_now(Builtin::throw_, {constant64(given.index.value)});
}

void Translator::throw_ref() { throw_now(Builtin::throw_ref, {constant64(0), pop()}); }

void Translator::rethrow(const imm::LabelIndex& given) {
  // The number of the clause is in its upper half.
  Value* const exception = b_.CreateAnd(label(given.index).own_try->exception, constant64(UINT32_MAX));
  throw_now(Builtin::throw_ref, {constant64(0), exception});
}

// ---- Blocks.

uint32_t Translator::add_handler(uint32_t tag, uint32_t next) {
  const auto index = static_cast<uint32_t>(c_.handlers.size());
  // Numbers are the same for no two handlers of a function.
  c_.handlers.push_back({tag, index, next});
  return index;
}

/// The runtime finds the tags that clauses name by the instance: it lies in the frame, where LLVM says (a record of a stack map).
void Translator::keep_instance_in_frame() {
  if (has_try_) return;
  has_try_ = true;
  // The frame and its record belong to each other.
  function_->addFnAttr(llvm::Attribute::NoInline);
  auto* const personality = llvm::FunctionType::get(c_.void_type, false);
  function_->setPersonalityFn(llvm::cast<llvm::Constant>(c_.ir.getOrInsertFunction("wasmrun_personality", personality).getCallee()));
  llvm::BasicBlock& entry = function_->getEntryBlock();
  llvm::IRBuilder<> b(&entry, entry.begin());
  llvm::AllocaInst* const slot = b.CreateAlloca(c_.ptr);
  b.CreateStore(instance_, slot);
  b.CreateIntrinsic(llvm::Intrinsic::experimental_stackmap, {}, {constant64(0), constant32(0), slot});
}

Translator::Try& Translator::make_try(Frame& frame) {
  keep_instance_in_frame();
  frame.own_try = std::make_unique<Try>();
  Try& block = *frame.own_try;
  block.outer = frame.handlers;
  block.pad.target = new_block();
  block.dispatch.target = new_block();
  block.pad.log_begin = block.dispatch.log_begin = log_.size();
  frame.handlers = &block;
  return block;
}

/// One more clause behind those before; the clauses of the block outside come after it.
void Translator::add_clause(Try& block, uint32_t tag) {
  const uint32_t handler = add_handler(tag, block.outer ? block.outer->first_handler : Handler::kNone);
  if (block.first_handler == Handler::kNone) {
    block.first_handler = handler;
  } else {
    c_.handlers[block.last_handler].next = handler;
  }
  block.last_handler = handler;
}

void Translator::try_table(const imm::TryTable& table) {
  push_frame(Frame::Kind::Block, table.type);
  if (table.catches.empty()) return;
  Frame& frame = frames_.back();
  Try& block = make_try(frame);
  frame.catches = table.catches;
  for (const imm::Catch& clause : table.catches) {
    const bool has_tag = clause.kind == imm::Catch::Kind::Catch || clause.kind == imm::Catch::Kind::CatchRef;
    add_clause(block, has_tag ? clause.tag.value : Handler::kAllTags);
  }
}

void Translator::restore_locals(const Try& block) {
  for (const auto& [local, value] : block.locals) set_local(local, value);
}

/// From the landing pad to `clauses`, which gets its cases from who called; what no case takes goes to the block outside. Nothing is made
/// where no exception comes. `height`: of the operand stack.
void Translator::make_dispatch(Try& block, size_t height) {
  roll_back(block.pad.log_begin);
  stack_.resize(height);
  if (block.pad.predecessors.empty()) {
    block.pad.target->eraseFromParent();
  } else {
    go_to(block.pad.target);
    auto* const type = llvm::StructType::get(c_.context, {c_.ptr, c_.i32});
    llvm::LandingPadInst* const landing_pad = b_.CreateLandingPad(type, 1);
    landing_pad->addClause(c_.handler_symbol(block.first_handler));
    for (const auto& [local, phi] : block.pad.locals) set_local(local, phi);
    Value* const exception = b_.CreatePtrToInt(b_.CreateExtractValue(landing_pad, 0), c_.i64);
    add_operands(block.dispatch, std::span(&exception, 1));
    add_locals(block.dispatch, true);
    b_.CreateBr(block.dispatch.target);
    roll_back(block.pad.log_begin);
  }
  if (block.dispatch.predecessors.empty()) {
    block.dispatch.target->eraseFromParent();
    return;
  }
  go_to(block.dispatch.target);
  block.exception = block.dispatch.operands[0];
  block.locals.assign(block.dispatch.locals.begin(), block.dispatch.locals.end());
  restore_locals(block);
  Value* const number = b_.CreateTrunc(b_.CreateLShr(block.exception, constant64(32)), c_.i32);
  llvm::BasicBlock* const others = new_block();
  block.clauses = b_.CreateSwitch(number, others);
  go_to(others);
  if (block.outer) {
    add_operands(block.outer->dispatch, std::span(&block.exception, 1));
    add_locals(block.outer->dispatch, true);
    b_.CreateBr(block.outer->dispatch.target);
  } else {
    b_.CreateUnreachable();
  }
}

/// Pushes the arguments of an exception. It is an object of abi::exception_type.
void Translator::push_exception_arguments(const FuncType& tag, Value* exception) {
  const auto type_at = [this](wasmrun::TypeIndex index) -> const module::SubType& { return c_.wasm.types[index.value]; };
  const module::SubType type = abi::exception_type(tag);
  uint32_t end = abi::kFirstFieldOffset;
  for (size_t i = 0; i < type.fields.size(); ++i) {
    const module::FieldType& given = type.fields[i];
    const abi::FieldLayout layout = abi::lay_field(given, abi::is_collected(given.type, type_at), end);
    // The first is the runtime's.
    if (i != 0) push(load_item({field(object_address(exception), layout.offset), layout, given.type, HeapAccess::Field, layout.offset}, false));
  }
}

/// The clauses of a try_table that ends; of a try that ends without clauses, the way outside.
void Translator::make_clauses(Frame& frame) {
  Try& block = *frame.own_try;
  make_dispatch(block, frame.height);
  if (!block.clauses) return;
  uint32_t handler = block.first_handler;
  for (const imm::Catch& clause : frame.catches) {
    llvm::BasicBlock* const target = new_block();
    block.clauses->addCase(llvm::cast<llvm::ConstantInt>(constant32(handler)), target);
    handler = c_.handlers[handler].next;
    go_to(target);
    Value* const exception = b_.CreateAnd(block.exception, constant64(UINT32_MAX));
    if (clause.kind == imm::Catch::Kind::Catch || clause.kind == imm::Catch::Kind::CatchRef) push_exception_arguments(tag_type(clause.tag), exception);
    if (clause.kind == imm::Catch::Kind::CatchRef || clause.kind == imm::Catch::Kind::CatchAllRef) push(exception);
    // The label counts from outside.
    Frame& outside = label(LabelIndex(clause.label.value + 1));
    add_edge(outside);
    b_.CreateBr(outside.target);
    stack_.resize(frame.height);
  }
}

// ---- The legacy instructions.

void Translator::try_(const imm::BlockType& type) {
  push_frame(Frame::Kind::Try, type);
  Try& block = make_try(frames_.back());
  // Calls refer to the chain before it has clauses.
  add_clause(block, Handler::kForward);
}

void Translator::begin_catch(uint32_t tag, const FuncType* type) {
  Frame& frame = frames_.back();
  Try& block = *frame.own_try;
  if (reachable_) {
    add_edge(frame);
    b_.CreateBr(frame.target);
  }
  if (frame.kind == Frame::Kind::Try) {
    frame.kind = Frame::Kind::Catch;
    // Exceptions of the clauses go to the blocks around.
    frame.handlers = block.outer;
    make_dispatch(block, frame.height);
  }
  add_clause(block, tag);
  roll_back(frame.log_begin);
  stack_.resize(frame.height);
  reachable_ = block.clauses != nullptr;
  if (!reachable_) return;
  llvm::BasicBlock* const target = new_block();
  block.clauses->addCase(llvm::cast<llvm::ConstantInt>(constant32(block.last_handler)), target);
  go_to(target);
  restore_locals(block);
  if (type) push_exception_arguments(*type, b_.CreateAnd(block.exception, constant64(UINT32_MAX)));
}

void Translator::catch_(const imm::TagIndex& given) { begin_catch(given.index.value, &tag_type(given.index)); }
void Translator::catch_all() { begin_catch(Handler::kAllTags, nullptr); }

void Translator::delegate(const imm::LabelIndex& given) {
  Try& block = *frames_.back().own_try;
  // The label counts from outside.
  block.outer = frames_[frames_.size() - 2 - given.index.value].handlers;
  c_.handlers[block.last_handler].next = block.outer ? block.outer->first_handler : Handler::kNone;
  end();
}

}  // namespace wasmrun::llvm_compiler
