// The collected heap. Visible: Heap, Roots, Marker, HeapOptions.
//
// A reservation of up to 4 GiB, in blocks of 32 KiB, in lines of 256 bytes. Objects never move.
//
//     block   │ line │ line │ line │ ...  128 lines
//     objects │▒▒▒▒▒▒▒▒│      │▒▒▒▒│          ▒ live at the last collection
//                       └─hole─┘              a hole: lines on which nothing was live
//
// Allocation takes a hole, zeroes it, and fills it from its begin (StoreContext::gc_next and gc_limit; generated code does it
// itself). A collection marks what can be reached: one bit for each 8 bytes that begin an object, and one byte for each line that
// an object touches. There is no sweep over objects: a line without a mark is free. Objects above kLargeBytes get whole blocks.
//
// References in objects, globals and tables are precise. Words on the guest's stack are not: whatever might be a reference, in a word or
// half of one, or an address inside an object, keeps that object. For this the heap finds an object by any address within: the marks of the last
// collection say where older objects begin, and a hole filled since then is walked once, from object to object.
#pragma once

#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <vector>

#include "engine/abi/instance_layout.h"
#include "engine/abi/object_layout.h"
#include "engine/base/result.h"
#include "engine/gc/type_table.h"

namespace wasmrun::gc {

/// A reference in the low half of a word, as object_layout.h says.
using Reference = uint32_t;

struct HeapOptions {
  /// Upper limit of the memory for objects; nothing: as much as references can name.
  std::optional<uint64_t> max_bytes;
  /// Collect at every allocation, and overwrite what became free.
  bool stress = false;
};

class Heap;

/// What a collection offers to those who know the roots.
class Marker {
 public:
  /// A word that is null, an i31, or a reference to an object.
  void mark(uint64_t word);
  /// A word that may be a reference, or an address inside an object, or have a reference in one half or both, or anything else.
  void mark_ambiguous(uint64_t word);

 private:
  friend class Heap;
  explicit Marker(Heap& heap) : heap_(heap) {}
  Heap& heap_;
};

/// Names the roots of a collection.
class Roots {
 public:
  virtual void visit(Marker& marker) = 0;

 protected:
  ~Roots() = default;
};

class Heap {
 public:
  static constexpr uint32_t kBlockBytes = 32 << 10;
  static constexpr uint32_t kLineBytes = 256;
  static constexpr uint32_t kLinesPerBlock = kBlockBytes / kLineBytes;
  /// Larger objects get blocks of their own.
  static constexpr uint32_t kLargeBytes = 8 << 10;
  /// The next collection comes when twice what lived at the last one, and this, are in use.
  static constexpr uint32_t kLeastGrowthBlocks = (32 << 20) / kBlockBytes;

  /// Reserves address space: less than wanted where the system refuses, but never less than a few blocks. `context` is kept current.
  /// Errors: Io.
  static Result<std::unique_ptr<Heap>> create(const HeapOptions& options, const TypeTable& types, abi::StoreContext& context,
                                              Roots& roots);
  ~Heap();
  Heap(const Heap&) = delete;
  Heap& operator=(const Heap&) = delete;

  /// Each returns an object whose fields or elements are zero, or 0 when the heap is full even after a collection. Collects when it
  /// is time; then only what the roots name, or the guest's stack holds, lives on.
  Reference allocate_struct(abi::TypeTag tag);
  Reference allocate_array(abi::TypeTag tag, uint32_t length);
  Reference allocate_host_box(uint64_t word);

  void collect();
  /// Forgets the rest of the hole being filled: for when the guest was stopped in the middle of an allocation.
  void abandon_hole();

  uint8_t* base() const { return base_; }
  uint8_t* address(Reference reference) const { return base_ + reference; }
  template <class T>
  T& at(Reference reference, uint32_t offset) const {
    return *reinterpret_cast<T*>(base_ + reference + offset);
  }
  abi::TypeTag tag(Reference reference) const { return at<abi::TypeTag>(reference, 0); }
  uint32_t array_length(Reference reference) const { return at<uint32_t>(reference, abi::kArrayLengthOffset); }
  uint32_t object_bytes(Reference reference) const;
  /// The object that `word` refers to or points into; 0 when there is none.
  Reference find_object(uint64_t word);

  struct Statistics {
    uint64_t collections = 0;
    /// Of lines and large objects, at the last collection.
    uint64_t live_bytes = 0;
    /// Memory for objects: blocks that hold any.
    uint64_t used_bytes = 0;
  };
  Statistics statistics() const;

 private:
  friend class Marker;
  enum class BlockKind : uint8_t { Untouched, Free, Small, LargeHead, LargeTail };
  struct Block {
    BlockKind kind = BlockKind::Untouched;
    /// Small: holes that begin below this line were taken since the last collection.
    uint8_t lines_taken = 0;
    /// Small: those holes were walked, up to here.
    uint8_t lines_walked = 0;
    /// LargeHead: number of blocks. LargeTail: the head.
    uint32_t link = 0;
  };
  struct Hole {
    uint32_t next = 0;
    uint32_t limit = 0;
  };

  Heap(const HeapOptions& options, const TypeTable& types, abi::StoreContext& context, Roots& roots);
  Result<void> reserve();

  Reference allocate(uint32_t bytes, abi::TypeTag tag, uint32_t length);
  Reference try_allocate(uint32_t bytes);
  Reference try_allocate_large(uint32_t bytes);
  bool take_hole();
  bool take_hole_in(uint32_t block);
  std::optional<uint32_t> take_free_block();
  void load_hole();
  void publish_hole();
  void zero(Hole hole) { std::memset(base_ + hole.next, 0, hole.limit - hole.next); }
  bool may_use(uint32_t blocks) const { return blocks <= limit_blocks_ && used_blocks_ <= limit_blocks_ - blocks; }

  bool test_and_mark(Reference reference);
  void walk_holes(uint32_t block);
  void walk_hole(uint32_t begin, uint32_t end);
  void drain();
  void scan(Reference reference, uint32_t first);
  void mark_lines(Reference reference, uint32_t bytes);
  void free_unmarked();
  void free_large(uint32_t head);
  void release_free_blocks();
  void poison_unmarked();

  const TypeTable& types_;
  abi::StoreContext& context_;
  Roots& roots_;
  bool stress_;
  uint64_t max_bytes_;

  uint8_t* base_ = nullptr;
  uint64_t reserved_bytes_ = 0;
  void* metadata_ = nullptr;
  uint64_t metadata_bytes_ = 0;
  uint64_t* starts_ = nullptr;  ///< where objects begin: those that were live at the last collection, and of walked holes
  uint64_t* marks_ = nullptr;   ///< of the collection under way
  uint8_t* lines_ = nullptr;    ///< 1: an object was live on it
  Block* blocks_ = nullptr;

  uint32_t end_block_ = 1;      ///< blocks from here on are untouched
  uint32_t block_count_ = 0;
  uint32_t used_blocks_ = 0;
  uint32_t limit_blocks_ = 0;   ///< a collection comes before more are used
  uint32_t cap_blocks_ = 0;
  uint32_t next_recycled_ = 0;  ///< small blocks below this were offered since the last collection
  uint32_t next_free_ = 1;      ///< no block below this is free
  Hole hole_;                   ///< a copy of what the context says, while the heap works
  Hole overflow_;               ///< for objects larger than a line that do not fit the hole being filled
  /// Objects to scan: reference, and the element to go on from in the upper half.
  std::vector<uint64_t> pending_;
  bool is_collecting_ = false;
  uint64_t collections_ = 0;
  uint64_t live_bytes_ = 0;
};

}  // namespace wasmrun::gc
