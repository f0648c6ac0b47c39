// The stack that guest code runs on. Visible: GuestStack.
#pragma once

#include <cstdint>
#include <memory>

#include "engine/base/result.h"

namespace wasmrun::runtime {

///     low   ┌──────────────┐
///           │ guard        │ inaccessible: a fault here is "call stack exhausted"
///     limit ├──────────────┤
///           │ usable, grows│
///           │ downwards    │
///     top   └──────────────┘
class GuestStack {
 public:
  /// A function that needs more than this for its frame has to touch it page by page.
  static constexpr uint64_t kGuardBytes = uint64_t{1} << 20;

  static Result<std::unique_ptr<GuestStack>> create(uint64_t size_bytes);
  ~GuestStack();
  GuestStack(const GuestStack&) = delete;
  GuestStack& operator=(const GuestStack&) = delete;

  uint8_t* limit() const { return low_ + kGuardBytes; }
  uint8_t* top() const { return low_ + mapped_bytes_; }
  bool guards(const void* address) const { return address >= low_ && address < limit(); }
  bool contains(const void* address) const { return address >= limit() && address < top(); }

 private:
  GuestStack() = default;
  uint8_t* low_ = nullptr;
  uint64_t mapped_bytes_ = 0;
};

}  // namespace wasmrun::runtime
