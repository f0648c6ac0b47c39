// The pass over one body: what a cluster's functions share, the entry of a function, and dispatch.
#include "engine/llvm/translator.h"

#include <llvm/IR/MDBuilder.h>

#include "engine/instructions/nesting.h"
#include "engine/llvm/versions.h"

namespace wasmrun::llvm_compiler {

using module::ValueType;

ClusterContext::ClusterContext(const module::Module& module, const FixedTables& fixed_tables, const abi::CompileOptions& compile_options,
                               const abi::ModuleLayout& module_layout, llvm::LLVMContext& llvm_context)
    : wasm(module), tables(fixed_tables), options(compile_options), layout(module_layout), objects(module), context(llvm_context),
      ir("cluster", llvm_context), debug(ir) {
  void_type = llvm::Type::getVoidTy(context);
  ptr = llvm::PointerType::get(context, 0);
  i1 = llvm::Type::getInt1Ty(context);
  i8 = llvm::Type::getInt8Ty(context);
  i16 = llvm::Type::getInt16Ty(context);
  i32 = llvm::Type::getInt32Ty(context);
  i64 = llvm::Type::getInt64Ty(context);
  f32 = llvm::Type::getFloatTy(context);
  f64 = llvm::Type::getDoubleTy(context);
  v128 = llvm::FixedVectorType::get(i64, 2);

  std::vector<llvm::Type*> parameters = {ptr};
  parameters.insert(parameters.end(), abi::kIntegerArguments, i64);
  stub_type = llvm::FunctionType::get(i64, parameters, false);
  parameters.insert(parameters.end(), abi::kVectorArguments, v128);
  wide_result = llvm::StructType::get(context, {i64, i64, v128, v128});
  wide_type = llvm::FunctionType::get(wide_result, parameters, false);

  invariant = llvm::MDNode::get(context, {});
  llvm::MDBuilder metadata(context);
  unlikely = metadata.createBranchWeights(1, 1 << 20);
  likely = metadata.createBranchWeights(1 << 20, 1);

  // Lines are offsets in the module: the object's line table then says which instruction code belongs to.
  ir.addModuleFlag(llvm::Module::Warning, "Debug Info Version", llvm::DEBUG_METADATA_VERSION);
  ir.addModuleFlag(llvm::Module::Warning, "Dwarf Version", 5);
  file = debug.createFile("module", "");
  debug.createCompileUnit(source_language(), file, "", true, "", 0, "", llvm::DICompileUnit::LineTablesOnly);
  debug_type = debug.createSubroutineType(debug.getOrCreateTypeArray({}));
}

llvm::Type* ClusterContext::type_of(ValueType type) const {
  switch (type.kind()) {
    case ValueType::Kind::I32: return i32;
    case ValueType::Kind::F32: return f32;
    case ValueType::Kind::F64: return f64;
    case ValueType::Kind::V128: return v128;
    default: return i64;
  }
}

llvm::MDNode* ClusterContext::heap_access(HeapAccess access, uint32_t which) {
  llvm::MDNode*& node = heap_accesses[{access, which}];
  if (!node) {
    llvm::MDBuilder metadata(context);
    llvm::MDNode* const root = metadata.createTBAARoot("wasm");
    const std::string name = std::to_string(static_cast<uint32_t>(access)) + "." + std::to_string(which);
    llvm::MDNode* const type = metadata.createTBAAScalarTypeNode(name, root);
    node = metadata.createTBAAStructTagNode(type, type, 0);
  }
  return node;
}

llvm::FunctionType* ClusterContext::type_of(const module::FuncType& type) {
  std::vector<abi::ValuePlace> places;
  abi::assign_parameters(type.params, places);
  std::vector<llvm::Type*> parameters = {ptr}, results;
  for (size_t i = 0; i < places.size(); ++i) {
    if (places[i].kind != abi::ValuePlace::Kind::Spill) parameters.push_back(type_of(type.params[i]));
  }
  places.clear();
  abi::assign_results(type.results, places);
  for (size_t i = 0; i < places.size(); ++i) {
    if (places[i].kind != abi::ValuePlace::Kind::Spill) results.push_back(type_of(type.results[i]));
  }
  llvm::Type* const result = results.empty() ? void_type : results.size() == 1 ? results[0] : llvm::StructType::get(context, results);
  return llvm::FunctionType::get(result, parameters, false);
}

llvm::Function* ClusterContext::function(FuncIndex index) {
  if (llvm::Function* known = ir.getFunction(symbol(index))) return known;
  return define(index, false);
}

llvm::Function* ClusterContext::define(FuncIndex index, bool is_wide) {
  const std::string name = symbol(index);
  llvm::FunctionType* const type = is_wide ? wide_type : type_of(wasm.func_type(index));
  llvm::Function* const known = ir.getFunction(name);
  if (known && known->getFunctionType() == type) return known;
  auto* made = llvm::Function::Create(type, llvm::GlobalValue::ExternalLinkage, "", ir);
  if (known) {
    known->replaceAllUsesWith(made);
    known->eraseFromParent();
  }
  made->setName(name);
  made->setVisibility(llvm::GlobalValue::HiddenVisibility);
  made->setDSOLocal(true);
  made->setCallingConv(llvm::CallingConv::PreserveNone);
  made->addFnAttr("frame-pointer", "all");
  made->addFnAttr("probe-stack", "inline-asm");
  // Loops stay loops: there is no memset to call.
  made->addFnAttr("no-builtins");
  made->addFnAttr(llvm::Attribute::NoRedZone);
  // rsp is where the prologue put it: landing pads rely on that.
  made->addFnAttr("no-realign-stack");
  // What a tail call leaves has no frame, in a caller neither.
  if (is_wide) made->addFnAttr(llvm::Attribute::NoInline);
  return made;
}

/// Hands each instruction to its handler.
struct Dispatch {
  Translator& translator;

#define OP(name, text, ...) ROW(name, text)
#define OP_RULE(name, text, ...) ROW(name, text)
#define ROW(name, text)                                                                                                             \
  template <class... Immediate>                                                                                                     \
  bool name(const Immediate&... immediate) {                                                                                        \
    translator.nans_ = translator.c_.options.canonical_nans ? instructions::nan_result(text) : instructions::NanResult::None;       \
    translator.name(immediate...);                                                                                                  \
    return !translator.error_;                                                                                                      \
  }
#include "engine/instructions/opcodes.def"
#undef OP
#undef OP_RULE
#undef ROW
};

namespace {

/// Looks for tail calls.
struct TailCalls {
  bool found = false;
#define OP(name, text, prefix, code, immediate, ...) \
  template <class... Immediate>                      \
  void name(const Immediate&...) {}
#define OP_RULE(name, text, prefix, code, immediate, ...)                                                            \
  template <class... Immediate>                                                                                      \
  void name(const Immediate&...) {                                                                                   \
    using instructions::Opcode;                                                                                      \
    found |= Opcode::name == Opcode::return_call || Opcode::name == Opcode::return_call_indirect || Opcode::name == Opcode::return_call_ref; \
  }
#include "engine/instructions/opcodes.def"
#undef OP
#undef OP_RULE
};

}  // namespace

bool Translator::makes_tail_calls() const {
  TrustedReader reader = reader_;
  TailCalls calls;
  while (!reader.at_end() && !calls.found) instructions::visit_instruction(reader, calls);
  return calls.found;
}

void Translator::begin(FuncIndex function, const module::FunctionSummary& summary) {
  const uint64_t end = c_.wasm.functions[function.value].body.end;
  reader_ = TrustedReader(c_.wasm.view({summary.code_offset, end}), summary.code_offset);
  summary_ = &summary;
  type_ = &c_.wasm.func_type(function);
  is_wide_ = makes_tail_calls();
  function_ = c_.define(function, is_wide_);
  const auto line = static_cast<unsigned>(summary.code_offset);
  scope_ = c_.debug.createFunction(c_.file, function_->getName(), "", c_.file, line, c_.debug_type, line, llvm::DINode::FlagZero,
                                   llvm::DISubprogram::SPFlagDefinition);
  function_->setSubprogram(scope_);
  stack_.clear();
  log_.clear();
  frames_.clear();
  next_loop_ = 0;
  has_try_ = false;
  reachable_ = true;
  error_.reset();

  go_to(new_block());
  b_.SetCurrentDebugLocation(llvm::DILocation::get(c_.context, line, 0, scope_));
  instance_ = function_->getArg(0);
  memory0_base_ = nullptr;
  if (summary.uses_memory0 && c_.options.guard_pages) memory0_base_ = load_invariant(c_.ptr, offsetof(abi::InstanceHeader, memory0_base));

  std::vector<abi::ValuePlace> places;
  abi::assign_parameters(type_->params, places);
  locals_.assign(summary.locals.size(), nullptr);
  log_place_.assign(summary.locals.size(), SIZE_MAX);
  unsigned next_argument = 1;
  for (size_t i = 0; i < locals_.size(); ++i) {
    if (i >= places.size()) {
      locals_[i] = llvm::Constant::getNullValue(type_of(summary.locals[i]));
      continue;
    }
    if (places[i].kind == abi::ValuePlace::Kind::Spill) {
      locals_[i] = b_.CreateLoad(type_of(type_->params[i]), spill_slot(places[i].index));
    } else if (is_wide_) {
      const bool is_integer = places[i].kind == abi::ValuePlace::Kind::IntegerRegister;
      locals_[i] = from_register(function_->getArg(1 + (is_integer ? 0 : abi::kIntegerArguments) + places[i].index), type_->params[i]);
    } else {
      locals_[i] = function_->getArg(next_argument++);
    }
  }

  Frame frame;
  frame.kind = Frame::Kind::Function;
  frame.target = new_block();
  frame.results = type_->results;
  frames_.push_back(std::move(frame));
}

Result<void> Translator::translate(FuncIndex function, const module::FunctionSummary& summary) {
  instruction_offset_ = summary.code_offset;
  work_ = 0;
  error_.reset();
  if (c_.wasm.functions[function.value].body.size() > kMostBodyBytes && !spend(kMostWork + 1)) return *error_;
  begin(function, summary);
  Dispatch dispatch{*this};
  while (!frames_.empty()) {
    instruction_offset_ = reader_.offset();
    b_.SetCurrentDebugLocation(llvm::DILocation::get(c_.context, static_cast<unsigned>(instruction_offset_), 0, scope_));
    if (!instructions::visit_instruction(reader_, dispatch)) return *error_;
    if (!reachable_ && !frames_.empty()) next_loop_ += instructions::skip_unreachable(reader_);
  }
  if (!spend(function_->size() > kMostBlocks ? kMostWork + 1 : function_->getInstructionCount())) return *error_;
  mark_if_too_large(*function_, c_.wasm.functions[function.value].body.size());
  return {};
}

}  // namespace wasmrun::llvm_compiler
