// The one interface of all compilers. Visible: Compiler, ModuleCompilation, FunctionCompiler, Cluster, CompileOptions.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/abi/code_space.h"
#include "engine/abi/compiled_module.h"
#include "engine/base/result.h"
#include "engine/module/function_summary.h"
#include "engine/module/module.h"

namespace wasmrun::abi {

/// What the processor has beyond x86-64-v2 (SSE4.2, POPCNT), which is required.
struct CpuFeatures {
  bool lzcnt = false;
  bool bmi1 = false;
  bool bmi2 = false;
  bool avx = false;
  bool avx2 = false;
  bool fma = false;
  /// Of the processor that runs this.
  static CpuFeatures host();
  /// Of every processor of that kind: "host", "x86-64-v2", "x86-64-v3" or "x86-64-v4". spec: x86-64 psABI, microarchitecture levels
  static std::optional<CpuFeatures> find(std::string_view name);
  /// A bit for each, in their order, and back; other bits are ignored.
  uint32_t bits() const;
  static CpuFeatures from_bits(uint32_t bits);
  bool includes(const CpuFeatures& other) const { return (other.bits() & ~bits()) == 0; }
  /// "x86-64-v2, lzcnt, bmi".
  std::string to_string() const;
  friend bool operator==(const CpuFeatures&, const CpuFeatures&) = default;
  /// Whether the processor that runs this has the required part.
  static bool host_is_supported();
};

struct CompileOptions {
  /// Accesses to 32-bit memories rely on 4 GiB + guard being reserved; otherwise each is compared with the size.
  bool guard_pages = true;
  /// Every NaN that an instruction makes is the canonical one with a positive sign, the same on all machines.
  bool canonical_nans = false;
  CpuFeatures cpu;
};

/// Functions that are compiled together: the indices `begin..end`.
struct Cluster {
  uint32_t begin = 0;
  uint32_t end = 0;
};

/// Compiles single functions; one a worker thread, used by that thread only.
class FunctionCompiler {
 public:
  virtual ~FunctionCompiler() = default;
  /// Compiles a validated body. Fails only with Unsupported, at the instruction's offset: "not supported yet: NAME", or that the
  /// function is too large. A compiler that has clusters then leaves the function to another one.
  virtual Result<void> compile(FuncIndex function, const module::FunctionSummary& summary) = 0;
  /// After the last function of a cluster, of a compiler that has clusters: makes it an object. Errors as for `compile`.
  virtual Result<std::string> end_cluster() { return std::string(); }
};

/// The compilation of one module.
class ModuleCompilation {
 public:
  virtual ~ModuleCompilation() = default;
  /// The module's functions in clusters, in their order, which depend on nothing but the module. Empty when the compiler makes no objects.
  /// A worker then compiles whole clusters, from the first function to the last.
  virtual std::vector<Cluster> clusters() const { return {}; }
  /// The object of a cluster, from `end_cluster` of this or an earlier compilation of the same module, for `finish`. Thread-safe.
  virtual void add_object(uint32_t cluster, std::string object) { (void)cluster, (void)object; }
  /// Thread-safe.
  virtual std::unique_ptr<FunctionCompiler> new_worker() = 0;
  /// Makes code of these functions, with locations that are ranges.
  using CompileRest = std::function<Result<CompiledModule>(std::span<const FuncIndex>)>;
  /// After functions are compiled, objects added and all workers destroyed: links the code and seals it. A compiler that has clusters
  /// has the functions that are in no object compiled by `rest`; the code of others has open calls then.
  virtual Result<CompiledModule> finish(const CompileRest& rest = {}) = 0;
};

class Compiler {
 public:
  virtual ~Compiler() = default;
  /// `module` must outlive the compilation. Bodies need not be validated yet.
  virtual Result<std::unique_ptr<ModuleCompilation>> begin(const module::Module& module, const CompileOptions& options) = 0;
};

}  // namespace wasmrun::abi
