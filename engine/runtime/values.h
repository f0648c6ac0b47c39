// The public types that cross the border of a guest; engine.h passes them on to cmd/ and wasi/.
// Visible: RawValue, StoreOptions, SourceFrame, BacktraceFrame, Trap, Outcome, Caller, HostOutcome, HostFunction, ExternDescription,
// MissingImport, Instantiation.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/module/types.h"

namespace wasmrun {

namespace runtime {
class Instance;
struct LoadedModule;
}  // namespace runtime

using module::ExternKind;
using module::FuncType;
using module::ValueType;

/// One value of any type, in its low bytes; the type is known from context. Floats are bits.
/// A reference is a word; 0 is null. An externref, or another reference of the `any` and `extern` hierarchies, is any other word that
/// its maker chose, but for those whose upper half is kGuestReferenceMark: they name what the guest made, an object or an i31. Such
/// a word may be given back until guest code runs again, or as long as Store::hold keeps it.
inline constexpr uint32_t kGuestReferenceMark = 0xfffec0de;
union RawValue {
  uint32_t i32;
  uint64_t i64;
  float f32;
  double f64;
  uint64_t ref;
  uint8_t v128[16];
};
static_assert(sizeof(RawValue) == 16);

struct StoreOptions {
  uint64_t stack_size_bytes = uint64_t{8} << 20;
  /// Upper limit of each linear memory; growth past it fails as memory.grow does, a larger minimum fails to instantiate.
  std::optional<uint64_t> max_memory_bytes;
  /// Upper limit of the garbage-collected heap, at most 4 GiB. An allocation that does not fit after a collection traps.
  std::optional<uint64_t> gc_heap_size = std::nullopt;
  /// How many frames of a deep stack are kept at each end.
  size_t backtrace_frames_at_each_end = 20;
  /// For tests: collect at every allocation, and overwrite what became free.
  bool gc_stress = false;
};

/// What a reference of the `any` and `extern` hierarchies is.
enum class ReferenceKind : uint8_t { Null, Host, I31, Struct, Array };

/// A function of the source that a guest function was made from, and where in it the guest was.
struct SourceFrame {
  std::string function;  ///< demangled; may be empty
  std::string file;      ///< absolute, or relative to the folder where the compiler ran; may be empty
  uint32_t line = 0;     ///< from 1; 0: not known
  uint32_t column = 0;   ///< from 1; 0: not known
};

/// One guest function of a trap's backtrace.
struct BacktraceFrame {
  std::string module;           ///< name the instance was given; may be empty
  uint32_t function = 0;
  std::string function_name;    ///< demangled; empty when the module has no name for it
  std::optional<uint64_t> module_offset = std::nullopt;
  /// What was inlined, innermost first, and last the function itself; empty until find_source looks for it.
  std::vector<SourceFrame> source = {};
  const runtime::Instance* instance = nullptr;  ///< the first one of the function's module; lives as long as its store
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

/// An import or export of a loaded module.
struct ExternDescription {
  std::string module;  ///< imports only
  std::string name;
  ExternKind kind;
  std::string type;  ///< as messages print it: "func [i32] -> []"
};

/// An import that cannot be given to a module.
struct MissingImport {
  ExternDescription wanted;
  std::string found;  ///< type of the mismatching definition; empty when there is none
};

/// The end of instantiating a module. The instance is null when a segment or the start function trapped or exited.
struct Instantiation {
  runtime::Instance* instance = nullptr;
  Outcome outcome;
};

}  // namespace wasmrun
