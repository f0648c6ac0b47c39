// From bytes or text to a LoadedModule: assemble text, decode, validate, compile. Functions are shared out to threads in batches.
#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <optional>
#include <string_view>

#include "engine/baseline/baseline.h"
#include "engine/binary/read_module.h"
#include "engine/engine_impl.h"
#include "engine/runtime/const_expr.h"
#include "engine/runtime/loaded_module.h"
#include "engine/text/text.h"
#include "engine/validate/validate.h"

namespace wasmrun {
namespace {

using runtime::LoadedModule;

// Below this a thread costs more than it brings.
constexpr uint64_t kSmallCodeBytes = 64 << 10;
// Enough for deep nesting in validation and compilation, sanitizers included.
constexpr size_t kWorkerStackBytes = size_t{16} << 20;
// Of compilers that have clusters: LLVM recurses as deep as a function is long. Pages are used only when written.
constexpr size_t kClusterStackBytes = size_t{256} << 20;

/// Bytes of a leading "#!" line, its newline included; 0 when there is none.
size_t shebang_size(std::span<const uint8_t> bytes) {
  if (bytes.size() < 2 || bytes[0] != '#' || bytes[1] != '!') return 0;
  const auto newline = std::find(bytes.begin(), bytes.end(), uint8_t{'\n'});
  return static_cast<size_t>(newline - bytes.begin()) + (newline != bytes.end());
}

// Says what the bytes are, when they are clearly no core module in binary form.
Result<void> check_kind(std::span<const uint8_t> bytes) {
  if (binary::looks_like_component(bytes)) {
    return Error{ErrorKind::Unsupported,
                 "wasm component: this is a WASI preview2 component, not a core module; build for wasm32-wasip1, or extract "
                 "the core module from it"};
  }
  return {};  // the decoder says the rest
}

}  // namespace

// Text is assembled, and a binary module loses its "#!" line.
Result<std::vector<uint8_t>> binary_form(std::vector<uint8_t> bytes, module::FeatureSet features) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (text::looks_like_text(text)) bytes = TRY(text::assemble_module(text, features));
  if (const size_t skipped = shebang_size(bytes)) bytes.erase(bytes.begin(), bytes.begin() + static_cast<ptrdiff_t>(skipped));
  TRY(check_kind(bytes));
  return bytes;
}

namespace {

/// Validates, and compiles when there is a compilation, all function bodies. Workers take batches, a compiler's clusters if it has
/// some, from one counter; of all failures the one of the first function counts, so that the answer does not depend on timing.
class FunctionQueue {
 public:
  FunctionQueue(const module::Module& module, abi::ModuleCompilation* compilation, ObjectStore* objects = nullptr,
                const CompileProgress& progress = {})
      : module_(module), compilation_(compilation), objects_(objects), progress_(progress) {
    if (compilation) clusters_ = compilation->clusters();
  }

  /// Why the first of those functions is not compiled that the compiler leaves to another one.
  const std::optional<Error>& left_out() const { return left_out_; }

  Result<void> run(unsigned threads) {
    if (!clusters_.empty()) {
      // This thread's stack may be too small; it works only where no other can be had.
      if (threads == 0) threads = module_.code_section.size() >= kSmallCodeBytes ? available_threads() : 1;
      start(static_cast<unsigned>(std::min<uint64_t>(threads, batches())), kClusterStackBytes);
    } else if (module_.code_section.size() >= kSmallCodeBytes) {
      if (threads == 0) threads = available_threads();
      start(static_cast<unsigned>(std::min<uint64_t>(threads, batches())) - 1, kWorkerStackBytes);
    }
    if (clusters_.empty() || workers_.empty()) work();
    for (const pthread_t worker : workers_) pthread_join(worker, nullptr);
    if (error_) return std::move(*error_);
    return {};
  }

 private:
  static constexpr uint32_t kBatch = 16;

  uint64_t batches() const {
    return clusters_.empty() ? (module_.functions.size() - module_.imported_functions) / kBatch + 1 : clusters_.size();
  }
  abi::Cluster batch(uint64_t number) const {
    if (!clusters_.empty()) return clusters_[number];
    const uint64_t begin = module_.imported_functions + number * kBatch;
    return {static_cast<uint32_t>(begin), static_cast<uint32_t>(std::min<uint64_t>(begin + kBatch, module_.functions.size()))};
  }

  void start(unsigned count, size_t stack_bytes) {
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, stack_bytes);
    for (unsigned i = 0; i < count; ++i) {
      pthread_t worker;
      const auto body = [](void* queue) -> void* { return static_cast<FunctionQueue*>(queue)->work(), nullptr; };
      // A limit on threads or memory only makes this slower.
      if (pthread_create(&worker, &attributes, body, this) != 0) break;
      workers_.push_back(worker);
    }
    pthread_attr_destroy(&attributes);
  }

  void work() {
    validate::FunctionValidator validator(module_);
    std::unique_ptr<abi::FunctionCompiler> compiler;
    module::FunctionSummary summary;
    for (;;) {
      const uint64_t number = next_.fetch_add(1, std::memory_order_relaxed);
      if (number >= batches() || batch(number).begin > first_failure_.load(std::memory_order_relaxed)) return;
      if (progress_) progress_(number, batches());
      if (add_known_object(number)) continue;
      if (compilation_ && !compiler) compiler = compilation_->new_worker();
      if (!work_on(batch(number), validator, compiler.get(), summary) || !compiler || clusters_.empty()) continue;
      end_cluster(number, *compiler);
    }
  }

  /// Whether the cluster was compiled before.
  bool add_known_object(uint64_t number) {
    if (!objects_ || clusters_.empty()) return false;
    const std::lock_guard lock(mutex_);
    std::optional<std::string> object = objects_->find(static_cast<uint32_t>(number));
    if (!object) return false;
    compilation_->add_object(static_cast<uint32_t>(number), std::move(*object));
    return true;
  }

  bool work_on(const abi::Cluster& batch, validate::FunctionValidator& validator, abi::FunctionCompiler* compiler,
               module::FunctionSummary& summary) {
    for (uint32_t i = batch.begin; i < batch.end; ++i) {
      Result<void> result = validator.check(FuncIndex(i), summary);
      if (result.ok() && compiler) {
        result = compiler->compile(FuncIndex(i), summary);
        if (!result.ok() && !clusters_.empty()) {
          leave_out(i, std::move(result).error());
          continue;
        }
      }
      if (result.ok()) continue;
      fail(i, std::move(result).error());
      return false;
    }
    return true;
  }

  void end_cluster(uint64_t number, abi::FunctionCompiler& compiler) {
    Result<std::string> object = compiler.end_cluster();
    if (!object.ok()) return fail(clusters_[number].begin, std::move(object).error());
    if (objects_) {
      const std::lock_guard lock(mutex_);
      objects_->keep(static_cast<uint32_t>(number), object.value());
    }
    compilation_->add_object(static_cast<uint32_t>(number), std::move(object).value());
  }

  void leave_out(uint32_t function, Error reason) {
    const std::lock_guard lock(mutex_);
    if (function >= first_left_out_) return;
    first_left_out_ = function;
    left_out_ = std::move(reason);
  }

  void fail(uint32_t function, Error error) {
    const std::lock_guard lock(mutex_);
    if (function >= first_failure_.load(std::memory_order_relaxed)) return;
    first_failure_.store(function, std::memory_order_relaxed);
    error_ = std::move(error);
  }

  const module::Module& module_;
  abi::ModuleCompilation* compilation_;
  ObjectStore* objects_;
  const CompileProgress progress_;
  std::vector<abi::Cluster> clusters_;
  std::vector<pthread_t> workers_;
  std::atomic<uint64_t> next_{0};
  std::atomic<uint32_t> first_failure_{UINT32_MAX};
  std::mutex mutex_;
  std::optional<Error> error_;
  uint32_t first_left_out_ = UINT32_MAX;
  std::optional<Error> left_out_;
};

/// Code of these functions of a valid module, to be linked with code that LLVM made.
Result<abi::CompiledModule> compile_by_baseline(const module::Module& module, const abi::CompileOptions& options, std::span<const FuncIndex> functions) {
  const auto compilation = TRY(baseline::make_compiler(baseline::Locations::EveryInstruction)->begin(module, options));
  validate::FunctionValidator validator(module);
  module::FunctionSummary summary;
  auto worker = compilation->new_worker();
  for (const FuncIndex function : functions) {
    TRY(validator.check(function, summary));
    TRY(worker->compile(function, summary));
  }
  worker.reset();
  return compilation->finish();
}

// What validation accepts and no part of this build runs.
Result<void> check_supported(const module::Module& module) {
  return runtime::check_const_exprs_supported(module);
}

}  // namespace

Result<module::Module> decode_module(std::vector<uint8_t> bytes, module::TypeRegistry& types, module::FeatureSet features) {
  return binary::read_module(TRY(binary_form(std::move(bytes), features)), types, features);
}

Result<void> EngineImpl::validate(std::span<const uint8_t> bytes) {
  const module::Module module = TRY(decode_module({bytes.begin(), bytes.end()}, *types, features));
  TRY(validate::check_module(module));
  return FunctionQueue(module, nullptr).run(threads);
}

Result<abi::CompiledModule> EngineImpl::compile(abi::Compiler& compiler, const module::Module& module, ObjectStore* objects, LeftOut& left_out) {
  const auto compilation = TRY(compiler.begin(module, compile_options));
  FunctionQueue queue(module, compilation.get(), objects, progress);
  TRY(queue.run(threads));
  if (queue.left_out()) left_out.reason = queue.left_out()->to_string();
  return compilation->finish([&](std::span<const FuncIndex> rest) {
    left_out.count = rest.size();
    return compile_by_baseline(module, compile_options, rest);
  });
}

Result<abi::Compiler*> EngineImpl::load_optimizing() {
  const std::lock_guard lock(optimizing_mutex);
  if (!optimizing) {
    auto loaded = load_optimizing_compiler();
    if (!loaded.ok()) return Error{ErrorKind::Io, loaded.error().message};
    optimizing = std::move(loaded).value();
  }
  return optimizing.get();
}

Result<std::shared_ptr<const LoadedModule>> EngineImpl::compile_module(module::Module decoded, bool optimized, ObjectStore* objects) {
  const auto begin = std::chrono::steady_clock::now();
  TRY(validate::check_module(decoded));
  // A valid module is refused only after validation, so that an invalid one is always called invalid.
  const Result<void> supported = check_supported(decoded);
  auto loaded = std::make_shared<LoadedModule>(std::move(decoded), types);
  if (!supported.ok()) {
    TRY(FunctionQueue(loaded->module, nullptr).run(threads));
    return supported.error();
  }
  const auto locations = for_debugger ? baseline::Locations::EveryInstruction : baseline::Locations::WhereItCanStop;
  LeftOut left_out;
  Result<abi::CompiledModule> code = optimized ? compile(*TRY(load_optimizing()), loaded->module, objects, left_out) : Error{ErrorKind::Unsupported, {}};
  loaded->is_optimized = code.ok();
  if (!code.ok() && code.error().kind == ErrorKind::Unsupported) {
    // What the optimizing compiler refuses, the baseline has.
    if (optimized) loaded->not_optimized = code.error().to_string();
    code = compile(*baseline::make_compiler(locations), loaded->module, nullptr, left_out);
  }
  if (!code.ok()) {
    if (code.error().kind == ErrorKind::Unsupported) TRY(FunctionQueue(loaded->module, nullptr).run(threads));
    return std::move(code).error();
  }
  loaded->code = std::move(code).value();
  if (loaded->is_optimized && left_out.count > 0) {
    loaded->not_optimized = left_out.reason.empty() ? "left out when its cluster was compiled" : left_out.reason;
    loaded->functions_by_baseline = left_out.count;
  }
  loaded->read_function_names = binary::read_function_names;
  loaded->compile_time = std::chrono::steady_clock::now() - begin;
  return std::shared_ptr<const LoadedModule>(std::move(loaded));
}

}  // namespace wasmrun
