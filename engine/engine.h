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
#include "engine/module/types.h"

namespace wasmrun {

using module::ExternKind;
using module::FuncType;
using module::ValueType;

/// One value of any type, in its low bytes; the type is known from context. Floats are bits.
union RawValue {
  uint32_t i32;
  uint64_t i64;
  float f32;
  double f64;
  uint64_t ref;
  uint8_t v128[16];
};
static_assert(sizeof(RawValue) == 16);

struct EngineOptions {
  /// Compare each memory access with the memory's size instead of relying on guard pages. Chosen by itself when the system
  /// refuses the address space (`ulimit -v`).
  bool explicit_bounds_checks = false;
  /// Worker threads for compiling; 0: as many as the scheduler and the cgroup allow.
  unsigned threads = 0;
};

struct StoreOptions {
  uint64_t stack_size_bytes = uint64_t{8} << 20;
  /// Upper limit of each linear memory; growth past it fails as memory.grow does, a larger minimum fails to instantiate.
  std::optional<uint64_t> max_memory_bytes;
};

/// One line of a trap's backtrace.
struct BacktraceFrame {
  std::string module;           ///< name the instance was given; may be empty
  uint32_t function = 0;
  std::string function_name;    ///< demangled; empty when the module has no name for it
  std::optional<uint64_t> module_offset;
};

/// Why the guest stopped before it returned.
struct Trap {
  std::string message;  ///< begins with the test suite's words
  std::vector<BacktraceFrame> frames;  ///< innermost first, capped
  uint64_t frames_left_out = 0;  ///< between the first and the last half of `frames`
};

/// The end of a call into the guest.
struct Outcome {
  enum class Kind : uint8_t { Returned, Trapped, Exited } kind = Kind::Returned;
  std::vector<RawValue> results;  ///< Returned
  Trap trap;                      ///< Trapped
  uint32_t exit_code = 0;         ///< Exited
  bool interrupted = false;       ///< Trapped because Store::interrupt was called
};

/// What a host function may ask of the instance that imported it.
class Caller {
 public:
  virtual ~Caller() = default;
  /// The bytes of the instance's memory exported as "memory" (or its only memory); empty when it has none. Valid until
  /// the guest runs again.
  virtual std::span<uint8_t> memory() = 0;
  /// Whether Store::interrupt was called and the guest has not been stopped yet. A host function whose blocking system call
  /// ended with EINTR returns at once when this holds, and tries again when it does not.
  virtual bool interrupt_requested() { return false; }
};

/// How a host function ends: it returns, traps with a message, or ends the program.
struct HostOutcome {
  enum class Kind : uint8_t { Returned, Trapped, Exited } kind = Kind::Returned;
  std::string message;
  uint32_t exit_code = 0;
  static HostOutcome returned() { return {}; }
  static HostOutcome trapped(std::string message) { return {Kind::Trapped, std::move(message), 0}; }
  static HostOutcome exited(uint32_t code) { return {Kind::Exited, {}, code}; }
};

/// Called with as many arguments and results as the type says. Runs on the host's stack. Must not throw.
using HostCallback = HostOutcome (*)(void* user_data, Caller& caller, const RawValue* arguments, RawValue* results);

struct HostFunction {
  FuncType type;
  HostCallback callback = nullptr;
  void* user_data = nullptr;  ///< must outlive the store
};

class LoadedModule;  // a decoded, validated and compiled module; shared by stores
class Instance;      // owned by its store

/// An import or export of a loaded module.
struct ExternDescription {
  std::string module;  ///< imports only
  std::string name;
  ExternKind kind;
  std::string type;  ///< as messages print it: "func [i32] -> []"
};
std::vector<ExternDescription> imports_of(const LoadedModule& loaded);
std::vector<ExternDescription> exports_of(const LoadedModule& loaded);

/// Loads and compiles modules. Thread-safe.
class Engine {
 public:
  static Result<std::unique_ptr<Engine>> create(const EngineOptions& options = {});
  virtual ~Engine() = default;

  /// Decodes and validates a binary module without compiling it. A leading "#!" line is skipped.
  virtual Result<void> validate(std::span<const uint8_t> bytes) = 0;
  /// Decodes, validates and compiles. Errors: Malformed, Invalid, Unsupported, Io (the system refused memory).
  virtual Result<std::shared_ptr<const LoadedModule>> load(std::vector<uint8_t> bytes) = 0;
};

/// Instances that may share functions, memories, tables and globals. One thread at a time.
class Store {
 public:
  static Result<std::unique_ptr<Store>> create(Engine& engine, const StoreOptions& options = {});
  virtual ~Store() = default;

  /// Makes a host function importable as `module`.`name`; a later definition replaces an earlier one.
  virtual void define(std::string module, std::string name, HostFunction function) = 0;
  /// Makes all exports of `instance` importable under `module`.
  virtual void define_instance(std::string module, Instance& instance) = 0;

  /// What importing `module` cannot be given: one entry for each unmet import, with what was found instead, if anything.
  struct MissingImport {
    ExternDescription wanted;
    std::string found;  ///< type of the mismatching definition; empty when there is none
  };
  virtual std::vector<MissingImport> missing_imports(const LoadedModule& loaded) = 0;

  /// Links, initializes and runs the start function. Unlinkable names every missing import. When the start function or a segment
  /// traps, `outcome` says so and the instance is null; effects on imported tables and memories stay. `name` is for backtraces.
  /// spec: exec-instantiation
  struct Instantiation {
    Instance* instance = nullptr;
    Outcome outcome;
  };
  virtual Result<Instantiation> instantiate(std::shared_ptr<const LoadedModule> loaded, std::string name) = 0;

  /// The type of an exported function, if there is one of that name.
  virtual std::optional<FuncType> function_type(const Instance& instance, std::string_view name) = 0;
  /// Calls an exported function; `arguments` must fit its type.
  virtual Outcome call(Instance& instance, std::string_view name, std::span<const RawValue> arguments) = 0;
  /// The value of an exported global and its type.
  virtual std::optional<std::pair<ValueType, RawValue>> global(const Instance& instance, std::string_view name) = 0;

  /// Stops the running guest as soon as it executes guest code, or makes the next call trap; from any thread, or from a signal
  /// handler on any thread.
  virtual void interrupt() = 0;
};

}  // namespace wasmrun
