// The one header that cmd/ and wasi/ include: load, compile, instantiate, call.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "engine/code_cache.h"
#include "engine/module/features.h"
#include "engine/module/types.h"
#include "engine/runtime/values.h"

namespace wasmrun {

namespace runtime {
class Memory;
}

/// Which compiler makes code. Optimizing: LLVM's, in a plugin beside the program; functions that it refuses are compiled by the baseline.
/// Automatic: the baseline, unless the cache has optimized code.
enum class CompilerChoice : uint8_t { Baseline, Automatic, Optimizing };

/// Whether this program can load the optimizing compiler, where it is installed: it is not linked statically.
bool can_load_optimizing_compiler();
/// The program that does it otherwise: the same one, linked with shared libraries. It belongs where the plugin does.
inline constexpr char kLoadingProgram[] = "wasmrun-llvm";

/// Told how far a compilation is, from any of its threads, several at once: pieces begun, and all of them.
using CompileProgress = std::function<void(uint64_t done, uint64_t total)>;

struct EngineOptions {
  CompilerChoice compiler = CompilerChoice::Baseline;
  /// Compare each memory access with the memory's size instead of relying on guard pages. Chosen by itself when the system
  /// refuses the address space (`ulimit -v`).
  bool explicit_bounds_checks = false;
  /// Make every NaN that an instruction computes the positive canonical one, so that results are the same on all machines.
  bool canonical_nans = false;
  /// Keep the place of every instruction in the code, for register_with_debugger.
  bool for_debugger = false;
  /// Worker threads for compiling; 0: as many as the scheduler and the cgroup allow.
  unsigned threads = 0;
  /// Which processors the code is for: "host", or "x86-64-v2" to "x86-64-v4" for code that is only written to an artifact.
  std::string target_cpu = "host";
  CompileProgress progress = {};
  /// What modules may use. What a module uses beyond it is refused with the standard's words and the option's name.
  module::FeatureSet features = module::FeatureSet::defaults();
  /// Where compiled code is looked for, and optimized code kept. Nothing that is wrong with it makes anything fail.
  CacheOptions cache = {};
};

/// A decoded, validated and compiled module; shared by stores.
using LoadedModule = runtime::LoadedModule;
/// An instance; owned by its store.
using Instance = runtime::Instance;
/// A shared memory; lives as long as a store or a pointer to it does.
using SharedMemory = runtime::Memory;

/// A shared memory and the name that a module imports it by.
struct SharedMemoryImport {
  std::string module, name;
  std::shared_ptr<SharedMemory> memory;
};

std::vector<ExternDescription> imports_of(const LoadedModule& loaded);
std::vector<ExternDescription> exports_of(const LoadedModule& loaded);
/// Why the baseline compiled a module, or some of its functions, although the optimizing compiler was asked for; empty when nothing is
/// to be said.
std::string not_optimized_because(const LoadedModule& loaded);
/// The module in binary form.
std::span<const uint8_t> module_bytes_of(const LoadedModule& loaded);
/// How a module came to its code.
CodeOrigin origin_of(const LoadedModule& loaded);

/// Finds the lines of the source, and what was inlined, for each frame whose module has DWARF. To be called while the trap's store
/// lives, once and only when somebody reads them: it takes milliseconds, in modules of hundreds of megabytes seconds.
void find_source(Trap& trap);

/// The module's functions as lines of perf's map: "ADDRESS SIZE NAME" in hexadecimal, the name demangled, or "module!func[12]".
/// Source: linux, tools/perf/Documentation/jit-interface.txt
std::string perf_map(const LoadedModule& loaded, const std::string& module_name);
/// Tells a debugger, by gdb's interface for compiled code, the module's functions, how to walk their frames, and the lines of the source
/// where the module has DWARF and every instruction's place was kept. It holds as long as the process.
void register_with_debugger(const LoadedModule& loaded, const std::string& module_name);

/// What `wasmrun inspect` says about a module.
struct ModuleSummary {
  uint64_t binary_bytes = 0;  ///< of a text: once assembled
  uint64_t code_bytes = 0;    ///< of the code section
  uint64_t data_bytes = 0;    ///< of all data segments
  uint64_t types = 0, functions = 0, tables = 0, memories = 0, globals = 0, tags = 0, elems = 0, datas = 0;  ///< imports included
  std::string name;                    ///< by the name section
  std::optional<std::string> start;    ///< the start function: "$name (func[3])"
  std::vector<ExternDescription> imports;
  std::vector<ExternDescription> exports;
  std::vector<std::string> own_memories;  ///< defined, not imported: "1 page (64 KiB) to 16 pages"
  std::vector<std::string> features;      ///< used beyond WebAssembly 2.0
  std::vector<std::pair<std::string, uint64_t>> custom_sections;  ///< names and sizes
};

/// Loads and compiles modules. Thread-safe.
class Engine {
 public:
  static Result<std::unique_ptr<Engine>> create(const EngineOptions& options = {});
  virtual ~Engine() = default;

  /// Decodes and validates a module, in binary or text form, without compiling it. A leading "#!" line is skipped.
  virtual Result<void> validate(std::span<const uint8_t> bytes) = 0;
  /// Decodes a module of any features, and checks all but function bodies, to describe it. Errors as for `validate`.
  virtual Result<ModuleSummary> summarize(std::span<const uint8_t> bytes) = 0;
  /// Prints such a module in text form, in parts through `write`.
  virtual Result<void> print_text(std::span<const uint8_t> bytes, const std::function<void(std::string_view)>& write) = 0;
  /// Decodes, validates and compiles a module in binary or text form. Errors of the text show line, column and the line. Errors: Malformed, Invalid, Unsupported, Io (the system refused memory).
  /// `app` is the name for people that an entry of the cache gets.
  virtual Result<std::shared_ptr<const LoadedModule>> load(std::vector<uint8_t> bytes, std::string_view app = {}) = 0;

  /// Writes what this engine compiled at the position of `fd`, which must be a multiple of 4096 in a file that load_artifact is to
  /// read. Errors: Io; what was written so far stays.
  virtual Result<void> write_artifact(const LoadedModule& loaded, int fd) = 0;
  /// Maps the artifact at `offset` of `fd`, which may be closed afterwards. Its code is trusted: it may do whatever the process can.
  /// Errors: Io, Malformed (truncated, damaged), Unsupported (of another build of wasmrun, for another processor, or against this
  /// engine's options): "it was compiled ...".
  virtual Result<std::shared_ptr<const LoadedModule>> load_artifact(int fd, uint64_t offset) = 0;
  /// The module that such an artifact was made from, whoever made it. Errors: Io, Malformed, Unsupported (another format).
  virtual Result<std::vector<uint8_t>> module_of_artifact(int fd, uint64_t offset) = 0;

  /// Whether the next run of the module would gain by optimized code: there is a cache without it, and a compiler that has not given the module up.
  virtual bool can_optimize(const LoadedModule& loaded) = 0;
  /// Writes the module's code into the cache. Errors: Io.
  virtual Result<void> keep(const LoadedModule& loaded, std::string_view app) = 0;
  /// Compiles the module with the optimizing compiler and puts it into the cache, cluster by cluster, beginning with what is
  /// there. Waits while another process does the same. Returns whether there was anything to do. Errors: those of `load`; Io (the cache).
  virtual Result<bool> optimize(std::vector<uint8_t> bytes, std::string_view app) = 0;
  /// What the cache has of a module, as `load` would look for it. Errors: Malformed, Io (there is no cache).
  virtual Result<std::vector<CacheFinding>> explain_cache(std::vector<uint8_t> bytes) = 0;
  /// What is wrong with an entry of the cache; empty when nothing is.
  virtual std::string check_cache_entry(const std::string& file) = 0;
  /// The cache's directory, open; -1 when there is none. Stays the engine's.
  virtual int cache_descriptor() = 0;
};

/// Whether a file that begins with these bytes, eight or more, is an artifact.
bool looks_like_artifact(std::span<const uint8_t> bytes);

/// Instances that may share functions, memories, tables and globals. One thread at a time; a shared memory may be in stores
/// of several threads.
class Store {
 public:
  static Result<std::unique_ptr<Store>> create(Engine& engine, const StoreOptions& options = {});
  virtual ~Store() = default;

  /// Makes a host function importable as `module`.`name`; a later definition replaces an earlier one.
  virtual void define(std::string module, std::string name, HostFunction function) = 0;
  /// Makes one more host function importable under a name that may have some already: an importer gets the one of its type, and
  /// of several of one type the last.
  virtual void define_overload(std::string module, std::string name, HostFunction function) = 0;
  /// Makes all exports of `instance` importable under `module`.
  virtual void define_instance(std::string module, Instance& instance) = 0;
  /// Make a host's global, table or memory importable. Reference types must be abstract. Errors: Unlinkable, Io.
  virtual void define_global(std::string module, std::string name, module::GlobalType type, RawValue value) = 0;
  virtual Result<void> define_table(std::string module, std::string name, const module::TableType& type) = 0;
  virtual Result<void> define_memory(std::string module, std::string name, const module::MemoryType& type) = 0;

  /// Makes a shared memory, perhaps of another store, importable. Stores on different threads may run with it at once.
  virtual void define_shared_memory(std::string module, std::string name, std::shared_ptr<SharedMemory> memory) = 0;
  /// The exported shared memory; null when there is none of that name.
  virtual std::shared_ptr<SharedMemory> shared_memory(const Instance& instance, std::string_view name) = 0;

  /// Makes a shared memory for each import of one that nothing provides, as large as the module asks. For the stores of further
  /// threads, which get the same ones by define_shared_memory. Errors: Unlinkable, Io.
  virtual Result<std::vector<SharedMemoryImport>> provide_shared_memories(const LoadedModule& loaded) = 0;

  using MissingImport = wasmrun::MissingImport;
  /// One entry for each import that nothing defined here satisfies.
  virtual std::vector<MissingImport> missing_imports(const LoadedModule& loaded) = 0;

  /// Links, initializes and runs the start function. Unlinkable names every missing import. When the start function or a segment
  /// traps, `outcome` says so and the instance is null; effects on imported tables and memories stay. `name` is for backtraces.
  /// spec: exec-instantiation
  using Instantiation = wasmrun::Instantiation;
  virtual Result<Instantiation> instantiate(std::shared_ptr<const LoadedModule> loaded, std::string name) = 0;

  /// The type of an exported function, if there is one of that name.
  virtual std::optional<FuncType> function_type(const Instance& instance, std::string_view name) = 0;
  /// Calls an exported function; `arguments` must fit its type.
  virtual Outcome call(Instance& instance, std::string_view name, std::span<const RawValue> arguments) = 0;
  /// The value of an exported global and its type.
  virtual std::optional<std::pair<ValueType, RawValue>> global(const Instance& instance, std::string_view name) = 0;
  /// The bytes of an exported memory, valid until the guest runs again; nothing when there is none of that name.
  virtual std::optional<std::span<uint8_t>> memory(const Instance& instance, std::string_view name) = 0;
  /// The module that the instance was made from.
  virtual const LoadedModule& loaded(const Instance& instance) = 0;

  /// Writes what the store holds after a trap, in parts through `write`, which says whether it could: a module with the custom sections
  /// of core dumps. False: `write` could not, or there is more than a module can hold (4 GiB).
  /// Source: WebAssembly/tool-conventions, Coredump.md
  virtual bool write_coredump(const Trap& trap, const std::string& program, const std::function<bool(std::span<const uint8_t>)>& write) = 0;

  /// What a reference of the `any` and `extern` hierarchies, as a call or a global gave it, refers to.
  virtual ReferenceKind reference_kind(RawValue value) = 0;
  /// Keep an object of the guest from being collected, and let go again. Words that are no references to objects do no harm.
  virtual void hold(RawValue value) = 0;
  virtual void release(RawValue value) = 0;

  /// Stops the running guest as soon as it executes guest code, or makes the next call trap; from any thread, or from a signal
  /// handler on any thread. A host function's blocking system call ends with EINTR if it had begun; repeated interrupts reach
  /// one that was just about to begin.
  virtual void interrupt() = 0;
};

}  // namespace wasmrun
