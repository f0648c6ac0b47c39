// What every compiler makes. Visible: CompiledModule, CompiledFunction, LocationWriter, InlinedLocation, Handler, HandlerSite, OpenCall.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "engine/abi/code_space.h"
#include "engine/base/indices.h"
#include "engine/base/shared_bytes.h"

namespace wasmrun::abi {

/// One defined function's code and its location list. Offsets count from CodeSpace::base().
struct CompiledFunction {
  uint32_t code_begin = 0;
  uint32_t code_end = 0;
  /// The function's part of its location list: `location_list` names the list, `location_begin/end` the bytes.
  uint32_t location_list = 0;
  uint32_t location_begin = 0;
  uint32_t location_end = 0;
};

/// An instruction of a function that became part of another one's code. A location is the module offset of an instruction of the
/// function whose code it is in, or kFlag and the index of one of these.
struct InlinedLocation {
  /// Modules are smaller, so no module offset has it.
  static constexpr uint32_t kFlag = uint32_t{1} << 31;
  /// So many functions at most lie within each other.
  static constexpr uint32_t kMaxDepth = 32;
  uint32_t function = 0;       ///< the defined function that the instruction is of
  uint32_t module_offset = 0;  ///< 0: not known
  uint32_t call = 0;           ///< location of the call that was inlined: an index is of an entry before this one
};

/// Appends and reads pairs (code offset, location) of one function: each site where the guest can trap or leave the
/// function. Both are deltas from the pair before (the first from the function's begin and from 0), as unsigned and zigzag LEB128.
class LocationWriter {
 public:
  explicit LocationWriter(std::vector<uint8_t>& bytes, uint32_t code_begin) : bytes_(bytes), code_(code_begin) {}
  /// `code_offset` is the faulting instruction's begin, or a call's return address. Offsets must not decrease.
  void add(uint32_t code_offset, uint64_t location);

 private:
  std::vector<uint8_t>& bytes_;
  uint32_t code_;
  uint64_t location_ = 0;
};

/// One catch clause. A chain of them is searched in order: the clauses of a try block, then of those around it.
struct Handler {
  static constexpr uint32_t kNone = UINT32_MAX;
  static constexpr uint32_t kAllTags = UINT32_MAX;
  /// A link without clause.
  static constexpr uint32_t kForward = UINT32_MAX - 1;
  uint32_t tag = kAllTags;   ///< tag index, kAllTags or kForward
  uint32_t landing_pad = 0;  ///< code offset, or what tells the handler from others where their site has one landing pad for all
  uint32_t next = kNone;     ///< in CompiledModule::handlers
};

/// A call inside a try block, or several that lie together. When an exception ends the call and a handler of the chain takes it,
/// execution goes on at a landing pad: the exception in rax, rbp that of the frame, rsp `frame_bytes` below it. All other registers are
/// lost. The frame keeps its instance pointer, because tags are the instance's.
struct HandlerSite {
  static constexpr int32_t kInstanceOffset = -8;
  uint32_t return_address = 0;  ///< code offset; of several calls the last one's
  uint32_t frame_bytes = 0;
  uint32_t first_handler = Handler::kNone;  ///< in CompiledModule::handlers
  uint32_t code_bytes = 1;                  ///< before `return_address`: calls that return there, but not to the begin, belong to the site
  /// kNone: that of the handler. Otherwise this one is for all, and the handler's `landing_pad` is in the upper half of rax.
  uint32_t landing_pad = Handler::kNone;
  int32_t instance_offset = kInstanceOffset;  ///< from rbp
};

/// A direct call of a function that another compiler makes.
struct OpenCall {
  uint32_t code_offset = 0;  ///< of the 32-bit distance, which counts from its end
  uint32_t function = 0;     ///< index in the module
};

/// Native code of one module with its tables, or of some of its functions; others have a `code_end` of 0. Immutable once compiled.
struct CompiledModule {
  std::unique_ptr<CodeSpace> code;
  std::vector<CompiledFunction> functions;  ///< defined functions, in module order
  std::vector<SharedBytes> location_lists;
  /// Whether a pair of a location list holds up to the next pair's code offset; otherwise for exactly its own. A location of 0 is of
  /// no instruction.
  bool locations_are_ranges = false;
  std::vector<InlinedLocation> inlined;
  std::vector<Handler> handlers;
  std::vector<HandlerSite> handler_sites;  ///< ordered by return address once `build_index()` is done
  std::vector<OpenCall> open_calls;        ///< of functions that are not here

  const void* entry(uint32_t defined_function) const { return code->base() + functions[defined_function].code_begin; }
  /// The defined function whose code holds `address`, if any. Linear search is never used: a sorted index is built by `index()`.
  std::optional<uint32_t> find_function(const void* address) const;
  /// Where the guest is in one function.
  struct Place {
    uint32_t defined_function = 0;
    std::optional<uint64_t> module_offset = std::nullopt;
  };
  /// Where the guest is when it is at this code address of the function, a return address or that of a faulting instruction: first in
  /// what was inlined there, innermost first, last in the function itself.
  std::vector<Place> find_places(uint32_t defined_function, const void* address, bool is_return_address) const;
  struct Location {
    uint32_t code_offset;
    uint64_t module_offset;  ///< of the innermost function's instruction; 0: of none
  };
  /// All that is recorded for the function, in the order of its code.
  std::vector<Location> locations_of(uint32_t defined_function) const;
  /// The site of the call with this return address; null when no try block is around it.
  const HandlerSite* find_handlers(const void* return_address) const;
  /// Builds the indices that the functions above use. Call once, after the last function.
  void build_index();
  /// Defined functions by their code's address: what `build_index` sorted.
  std::span<const uint32_t> functions_by_address() const { return by_address_; }
  /// Instead of `build_index`, with what it had made: for the same functions, and handler sites in order.
  void restore_index(std::vector<uint32_t> functions_by_address);

 private:
  std::optional<uint64_t> find_location(uint32_t defined_function, const void* address, bool is_return_address) const;
  const InlinedLocation* find_inlined(uint64_t location) const;
  std::vector<uint32_t> by_address_;
};

}  // namespace wasmrun::abi
