// The pass over one body: what a cluster's functions share, the entry of a function, and dispatch.
#include "engine/llvm/translator.h"

#include <llvm/IR/MDBuilder.h>

namespace wasmrun::llvm_compiler {

using module::ValueType;

ClusterContext::ClusterContext(const module::Module& module, const abi::CompileOptions& compile_options,
                               const abi::ModuleLayout& module_layout, llvm::LLVMContext& llvm_context)
    : wasm(module), options(compile_options), layout(module_layout), context(llvm_context), ir("cluster", llvm_context), debug(ir) {
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
  guest_result = llvm::StructType::get(context, {i64, i64, v128, v128});
  guest_type = llvm::FunctionType::get(guest_result, parameters, false);

  invariant = llvm::MDNode::get(context, {});
  llvm::MDBuilder metadata(context);
  unlikely = metadata.createBranchWeights(1, 1 << 20);
  likely = metadata.createBranchWeights(1 << 20, 1);

  // Lines are offsets in the module: the object's line table then says which instruction code belongs to.
  ir.addModuleFlag(llvm::Module::Warning, "Debug Info Version", llvm::DEBUG_METADATA_VERSION);
  ir.addModuleFlag(llvm::Module::Warning, "Dwarf Version", 5);
  file = debug.createFile("module", "");
  debug.createCompileUnit(llvm::DISourceLanguageName(llvm::dwarf::DW_LANG_C), file, "", true, "", 0, "", llvm::DICompileUnit::LineTablesOnly);
  debug_type = debug.createSubroutineType(debug.getOrCreateTypeArray({}));
}

llvm::Function* ClusterContext::function(FuncIndex index) {
  const std::string name = symbol(index);
  if (llvm::Function* known = ir.getFunction(name)) return known;
  auto* made = llvm::Function::Create(guest_type, llvm::GlobalValue::ExternalLinkage, name, ir);
  made->setVisibility(llvm::GlobalValue::HiddenVisibility);
  made->setDSOLocal(true);
  made->setCallingConv(llvm::CallingConv::PreserveNone);
  made->addFnAttr("frame-pointer", "all");
  made->addFnAttr("probe-stack", "inline-asm");
  made->addFnAttr(llvm::Attribute::NoRedZone);
  made->addFnAttr(llvm::Attribute::NoUnwind);
  made->addFnAttr(llvm::Attribute::NoInline);
  return made;
}

/// Hands each instruction to its handler, or refuses it.
struct Dispatch {
  Translator& translator;

#define OP(name, text, prefix, code, immediate, signature, feature) ROW(name, text)
#define OP_RULE(name, text, prefix, code, immediate, feature) ROW(name, text)
#define ROW(name, text)                                                                                                \
  template <class... Immediate>                                                                                        \
  bool name(const Immediate&... immediate) {                                                                           \
    return dispatch(                                                                                                   \
        text, [](auto& t, const auto&... given) requires requires { t.name(given...); } { t.name(given...); }, immediate...); \
  }
#include "engine/instructions/opcodes.def"
#undef OP
#undef OP_RULE
#undef ROW

  template <class Call, class... Immediate>
  bool dispatch(const char* text, Call call, const Immediate&... immediate) {
    if constexpr (std::is_invocable_v<Call, Translator&, const Immediate&...>) {
      translator.nans_ = translator.c_.options.canonical_nans ? instructions::nan_result(text) : instructions::NanResult::None;
      call(translator, immediate...);
      return !translator.error_;
    } else {
      return translator.fail_unsupported(text);
    }
  }
};

llvm::Type* Translator::type_of(ValueType type) const {
  switch (type.kind()) {
    case ValueType::Kind::I32: return c_.i32;
    case ValueType::Kind::F32: return c_.f32;
    case ValueType::Kind::F64: return c_.f64;
    case ValueType::Kind::V128: return c_.v128;
    default: return c_.i64;
  }
}

void Translator::begin(FuncIndex function, const module::FunctionSummary& summary) {
  const uint64_t end = c_.wasm.functions[function.value].body.end;
  reader_ = TrustedReader(c_.wasm.view({summary.code_offset, end}), summary.code_offset);
  summary_ = &summary;
  type_ = &c_.wasm.func_type(function);
  function_ = c_.function(function);
  const auto line = static_cast<unsigned>(summary.code_offset);
  scope_ = c_.debug.createFunction(c_.file, function_->getName(), "", c_.file, line, c_.debug_type, line, llvm::DINode::FlagZero,
                                   llvm::DISubprogram::SPFlagDefinition);
  function_->setSubprogram(scope_);
  stack_.clear();
  log_.clear();
  frames_.clear();
  next_loop_ = 0;
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
  for (size_t i = 0; i < locals_.size(); ++i) {
    if (i >= places.size()) {
      locals_[i] = llvm::Constant::getNullValue(type_of(summary.locals[i]));
      continue;
    }
    switch (places[i].kind) {
      case abi::ValuePlace::Kind::IntegerRegister: locals_[i] = from_register(function_->getArg(1 + places[i].index), type_->params[i]); break;
      case abi::ValuePlace::Kind::VectorRegister:
        locals_[i] = from_register(function_->getArg(1 + abi::kIntegerArguments + places[i].index), type_->params[i]);
        break;
      case abi::ValuePlace::Kind::Spill: locals_[i] = b_.CreateLoad(type_of(type_->params[i]), spill_slot(places[i].index)); break;
    }
  }

  Frame frame;
  frame.kind = Frame::Kind::Function;
  frame.target = new_block();
  frame.results = type_->results;
  frames_.push_back(std::move(frame));
}

Result<void> Translator::translate(FuncIndex function, const module::FunctionSummary& summary) {
  begin(function, summary);
  Dispatch dispatch{*this};
  while (!frames_.empty()) {
    instruction_offset_ = reader_.offset();
    b_.SetCurrentDebugLocation(llvm::DILocation::get(c_.context, static_cast<unsigned>(instruction_offset_), 0, scope_));
    if (!instructions::visit_instruction(reader_, dispatch)) return *error_;
    if (!reachable_ && !frames_.empty()) skip_unreachable();
  }
  return {};
}

}  // namespace wasmrun::llvm_compiler
