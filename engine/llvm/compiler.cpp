// The compiler on LLVM, behind the interface of all compilers: functions gather in clusters, each is optimized and made an object;
// at the end the objects are linked.
#include <llvm/CodeGen/MachineModuleInfo.h>
#include <llvm/CodeGen/Passes.h>
#include <llvm/CodeGen/TargetPassConfig.h>
#include <llvm/IR/LegacyPassManager.h>
#include <llvm/IR/Verifier.h>
#include <llvm/MC/TargetRegistry.h>
#include <llvm/Passes/PassBuilder.h>
#include <llvm/Support/CommandLine.h>
#include <llvm/Support/TargetSelect.h>
#include <llvm/Target/TargetMachine.h>
#include <llvm/Target/TargetOptions.h>

#include <iterator>
#include <map>
#include <memory>
#include <mutex>

#include "engine/llvm/addresses.h"
#include "engine/llvm/budget.h"
#include "engine/llvm/handler_tables.h"
#include "engine/llvm/inliner.h"
#include "engine/llvm/link.h"
#include "engine/llvm/locations.h"
#include "engine/llvm/loops.h"
#include "engine/llvm/plugin.h"
#include "engine/llvm/probe.h"
#include "engine/llvm/translator.h"
#include "engine/llvm/versions.h"

namespace wasmrun::llvm_compiler {

namespace {

/// So much bytecode is compiled as one LLVM module.
constexpr uint64_t kClusterBytes = 48 << 10;

std::string features_of(const abi::CpuFeatures& cpu) {
  std::string text = "+sse4.2,+popcnt,+cx16";
  if (cpu.lzcnt) text += ",+lzcnt";
  if (cpu.bmi1) text += ",+bmi";
  if (cpu.bmi2) text += ",+bmi2";
  if (cpu.avx) text += ",+avx";
  if (cpu.avx2) text += ",+avx2";
  if (cpu.fma) text += ",+fma";
  return text;
}

/// What only LLVM's command line can say.
void set_options() {
  // The plugin has LLVM to itself, and nothing was parsed before.
  const char* const options[] = {
      "wasmrun",
      // Where variables are is not asked; otherwise a tenth of the time goes there.
      "-experimental-debug-variable-locations=false",
      // Every function makes its frame first, not where LLVM sees a call: a fault before that is without caller in a backtrace, and calls
      // in inline assembly, which it does not see, are without frame.
      "-enable-shrink-wrap=false",
      // A conditional move stays one: behind a branch, a load in it would trap only on one of both ways. And the guest's compiler
      // has chosen already between them: 14 programs together are 5% faster so.
      "-x86-cmov-converter=false",
      // Code that is the same at the end of two blocks stays apart: merged, a trap in it would have no place.
      "-enable-tail-merge=false",
      // Fields of an array of structures are not shuffled into vectors: slower (base64 1.50 instead of 1.13 times native), and such a loop
      // takes as long to compile as a thousand lines.
      "-enable-interleaved-mem-accesses=false",
  };
  llvm::cl::ParseCommandLineOptions(static_cast<int>(std::size(options)), options);
}

/// Guests come optimized by their own compilers: what remains to do is what our translation added. LLVM's own pipelines take ten times as
/// long for code that is no faster.
constexpr char kPasses[] =
    "early-cse<memssa>,simplifycfg,instcombine<no-verify-fixpoint>,simplifycfg,split-addresses,loop-mssa(loop-rotate,licm),"
    "version-loops,early-cse<memssa>";

/// See VersionLoops.
bool may_version_loops(const module::Module& module, const abi::CompileOptions& options) {
  if (module.memories.empty() || !options.guard_pages) return false;
  const module::MemoryType& memory = module.memories[0];
  return memory.limits.address_type == module::AddressType::I32 && memory.page_size_log2 == 16 && !memory.limits.is_shared;
}

std::unique_ptr<llvm::TargetMachine> make_machine(const abi::CompileOptions& options) {
  static std::once_flag once;
  std::call_once(once, [] {
    set_options();
    LLVMInitializeX86TargetInfo();
    LLVMInitializeX86Target();
    LLVMInitializeX86TargetMC();
    LLVMInitializeX86AsmPrinter();
    LLVMInitializeX86AsmParser();  // of calls that keep registers
  });
  const llvm::Triple triple("x86_64-unknown-linux-gnu");
  std::string problem;
  const llvm::Target* const target = llvm::TargetRegistry::lookupTarget(triple_argument(triple), problem);
  CHECK(target);
  llvm::TargetOptions target_options;
  target_options.AllowFPOpFusion = llvm::FPOpFusion::Strict;
  return std::unique_ptr<llvm::TargetMachine>(target->createTargetMachine(triple_argument(triple), "x86-64", features_of(options.cpu), target_options,
                                                                          llvm::Reloc::PIC_, llvm::CodeModel::Small,
                                                                          llvm::CodeGenOptLevel::Default));
}

class Compilation;

class Worker final : public abi::FunctionCompiler {
 public:
  explicit Worker(Compilation& compilation);
  Result<void> compile(FuncIndex function, const module::FunctionSummary& summary) override;
  Result<std::string> end_cluster() override;

 private:
  Compilation& compilation_;
  std::unique_ptr<llvm::TargetMachine> machine_;
  std::unique_ptr<llvm::LLVMContext> context_;
  std::unique_ptr<ClusterContext> cluster_;
  std::unique_ptr<Translator> translator_;
};

class Compilation final : public abi::ModuleCompilation {
 public:
  Compilation(const module::Module& module, const abi::CompileOptions& options)
      : module(module), tables(module), options(options), layout(module) {}
  std::unique_ptr<abi::FunctionCompiler> new_worker() override { return std::make_unique<Worker>(*this); }
  Result<abi::CompiledModule> finish(const CompileRest& rest) override {
    std::vector<std::string> objects;
    for (auto& [cluster, object] : objects_) objects.push_back(std::move(object));
    return link(module, objects, rest);
  }
  std::vector<abi::Cluster> clusters() const override;
  void add_object(uint32_t cluster, std::string object) override {
    const std::lock_guard lock(mutex_);
    objects_[cluster] = std::move(object);
  }

  const module::Module& module;
  const FixedTables tables;
  const abi::CompileOptions options;
  const abi::ModuleLayout layout;

 private:
  std::mutex mutex_;
  std::map<uint32_t, std::string> objects_;  ///< by cluster
};

std::vector<abi::Cluster> Compilation::clusters() const {
  std::vector<abi::Cluster> clusters;
  const auto end = static_cast<uint32_t>(module.functions.size());
  uint64_t bytes = 0;
  for (uint32_t i = module.imported_functions; i < end; ++i) {
    if (bytes == 0) clusters.push_back({i, end});
    bytes += module.functions[i].body.size();
    if (bytes < kClusterBytes) continue;
    clusters.back().end = i + 1;
    bytes = 0;
  }
  return clusters;
}

Worker::Worker(Compilation& compilation) : compilation_(compilation), machine_(make_machine(compilation.options)) {}

Result<void> Worker::compile(FuncIndex function, const module::FunctionSummary& summary) {
  if (!cluster_) {
    context_ = std::make_unique<llvm::LLVMContext>();
    cluster_ = std::make_unique<ClusterContext>(compilation_.module, compilation_.tables, compilation_.options, compilation_.layout, *context_);
    cluster_->ir.setTargetTriple(triple_argument(machine_->getTargetTriple()));
    cluster_->ir.setDataLayout(machine_->createDataLayout());
    translator_ = std::make_unique<Translator>(*cluster_);
  }
  Result<void> translated = translator_->translate(function, summary);
  // Calls of it stay.
  if (!translated.ok()) cluster_->function(function)->deleteBody();
  return translated;
}

/// The handlers of a cluster travel in its object.
void add_handlers(ClusterContext& cluster) {
  if (cluster.handlers.empty()) {
    // No landing pad here: LLVM need not describe frames.
    for (llvm::Function& function : cluster.ir) function.setDoesNotThrow();
    return;
  }
  std::vector<uint32_t> words;
  for (const abi::Handler& handler : cluster.handlers) words.insert(words.end(), {handler.tag, handler.landing_pad, handler.next});
  static_assert(sizeof(abi::Handler) == 3 * sizeof(uint32_t));
  llvm::Constant* const table = llvm::ConstantDataArray::get(cluster.context, words);
  auto* const variable = new llvm::GlobalVariable(cluster.ir, table->getType(), true, llvm::GlobalValue::ExternalLinkage, table, "handlers");
  variable->setVisibility(llvm::GlobalValue::HiddenVisibility);
  variable->setSection(kHandlersSection);
  variable->setAlignment(llvm::Align(4));
}

Result<std::string> Worker::end_cluster() {
  if (!cluster_->handlers.empty()) TRY(check_landing_pads(*machine_));
  add_handlers(*cluster_);
  cluster_->debug.finalize();
#ifndef NDEBUG
  CHECK(!llvm::verifyModule(cluster_->ir, &llvm::errs()));
#endif
  llvm::LoopAnalysisManager loops;
  llvm::FunctionAnalysisManager functions;
  llvm::CGSCCAnalysisManager components;
  llvm::ModuleAnalysisManager modules;
  llvm::PassInstrumentationCallbacks callbacks;
  skip_passes_of_large(callbacks);
  llvm::PassBuilder builder(machine_.get(), llvm::PipelineTuningOptions(), std::nullopt, &callbacks);
  builder.registerPipelineParsingCallback([this](llvm::StringRef name, llvm::FunctionPassManager& passes, llvm::ArrayRef<llvm::PassBuilder::PipelineElement>) {
    if (name == "version-loops") {
      if (may_version_loops(compilation_.module, compilation_.options)) passes.addPass(VersionLoops());
    } else if (name == "split-addresses") {
      passes.addPass(SplitAddresses());
    } else {
      return false;
    }
    return true;
  });
  builder.registerModuleAnalyses(modules);
  builder.registerCGSCCAnalyses(components);
  builder.registerFunctionAnalyses(functions);
  builder.registerLoopAnalyses(loops);
  builder.crossRegisterProxies(loops, functions, components, modules);
  llvm::FunctionPassManager passes;
  CHECK(!builder.parsePassPipeline(passes, kPasses));
  optimize_bottom_up(cluster_->ir, passes, functions);
  settle_locations(cluster_->ir);
#ifndef NDEBUG
  CHECK(!llvm::verifyModule(cluster_->ir, &llvm::errs()));
#endif
  for (llvm::Function& function : cluster_->ir) split_long_blocks(function);

  std::string object = emit_object(*machine_, cluster_->ir);
  translator_.reset();
  cluster_.reset();
  context_.reset();
  return object;
}

class LlvmCompiler final : public abi::Compiler {
 public:
  Result<std::unique_ptr<abi::ModuleCompilation>> begin(const module::Module& module, const abi::CompileOptions& options) override {
    const auto machine = make_machine(options);
    TRY(check_convention(*machine));
    return std::unique_ptr<abi::ModuleCompilation>(std::make_unique<Compilation>(module, options));
  }
};

}  // namespace

std::string emit_object(llvm::TargetMachine& machine, llvm::Module& ir) {
  llvm::SmallVector<char, 0> bytes;
  llvm::raw_svector_ostream out(bytes);
  llvm::legacy::PassManager passes;
  // TargetMachine::addPassesToEmitFile, with a pass of ours before the last.
  auto& generator = static_cast<CodeGenMachine&>(machine);
  auto* const info = new llvm::MachineModuleInfoWrapperPass(&generator);
  llvm::TargetPassConfig* const config = generator.createPassConfig(passes);
  config->setDisableVerify(true);
  passes.add(config);
  passes.add(info);
  CHECK(!config->addISelPasses());
  config->addMachinePasses();
  config->setInitialized();
  passes.add(make_locate_accesses());
  CHECK(!generator.addAsmPrinter(passes, out, nullptr, llvm::CodeGenFileType::ObjectFile, info->getMMI().getContext()));
  passes.add(llvm::createFreeMachineFunctionPass());
  passes.run(ir);
  return {bytes.data(), bytes.size()};
}

}  // namespace wasmrun::llvm_compiler

extern "C" __attribute__((visibility("default"))) const wasmrun::BuildId& wasmrun_llvm_build_id() { return wasmrun::own_build_id(); }

extern "C" __attribute__((visibility("default"))) wasmrun::abi::Compiler* wasmrun_llvm_compiler() {
  return new wasmrun::llvm_compiler::LlvmCompiler();
}
