// The heap by itself: types made here, roots in a vector.
#include "engine/gc/heap.h"

#include <set>

#include "tests/support/catch.h"

namespace wasmrun::gc {
namespace {

using module::AbstractHeapType;
using module::FieldType;
using module::SubType;
using module::ValueType;

constexpr ValueType kAnyRef = ValueType::ref(AbstractHeapType::Any, true);
constexpr uint64_t kMegabyte = uint64_t{1} << 20;

/// A heap, its types, and roots of both kinds.
struct World final : Roots {
  module::TypeRegistry registry;
  module::Module module;
  std::unique_ptr<TypeTable> types;
  abi::StoreContext context;
  std::unique_ptr<Heap> heap;
  std::vector<uint64_t> precise;
  std::vector<uint64_t> ambiguous;

  explicit World(HeapOptions options = {}) {
    add(SubType::Kind::Struct, {{module::kI32}, {kAnyRef}, {kAnyRef}});   // kNode
    add(SubType::Kind::Array, {{kAnyRef}});                              // kReferences
    add(SubType::Kind::Array, {{module::kI32, FieldType::Packing::I8}});  // kBytes
    types = std::make_unique<TypeTable>(registry);
    for (size_t i = 0; i < module.rec_groups.size(); ++i) registry.canonicalize(module, i);
    for (const CanonicalTypeId id : module.canonical_types) types->add(id);
    heap = Heap::create(options, *types, context, *this).value();
  }
  void add(SubType::Kind kind, std::vector<FieldType> fields) {
    SubType type;
    type.kind = kind;
    type.fields = std::move(fields);
    module.rec_groups.push_back({TypeIndex(static_cast<uint32_t>(module.types.size())), 1});
    module.types.push_back(std::move(type));
  }
  abi::TypeTag tag(uint32_t type) const { return abi::type_tag(module.types[type].kind, module.canonical_types[type]); }

  static constexpr uint32_t kNode = 0, kReferences = 1, kBytes = 2;
  // A node: the tag, a number, two references.
  Reference node(uint32_t number, Reference left = 0, Reference right = 0) {
    const Reference reference = heap->allocate_struct(tag(kNode));
    REQUIRE(reference != 0);
    heap->at<uint32_t>(reference, 4) = number;
    heap->at<Reference>(reference, 8) = left;
    heap->at<Reference>(reference, 12) = right;
    return reference;
  }
  uint32_t number(Reference node) const { return heap->at<uint32_t>(node, 4); }
  Reference array(uint32_t type, uint32_t length) { return heap->allocate_array(tag(type), length); }
  Reference& element(Reference array, uint32_t index) {
    return heap->at<Reference>(array, abi::kArrayElementsOffset + index * 4);
  }
  void visit(Marker& marker) override {
    for (const uint64_t root : precise) marker.mark(root);
    for (const uint64_t root : ambiguous) marker.mark_ambiguous(root);
  }
  bool is_object(Reference reference) { return heap->find_object(reference) == reference; }
};

TEST_CASE("objects are zero, aligned and apart", "[gc]") {
  World world;
  std::set<Reference> seen;
  for (uint32_t i = 0; i < 5000; ++i) {
    const Reference node = world.heap->allocate_struct(world.tag(World::kNode));
    REQUIRE(node % 8 == 0);
    REQUIRE(node >= Heap::kBlockBytes);
    REQUIRE(seen.insert(node).second);
    REQUIRE(world.heap->tag(node) == world.tag(World::kNode));
    for (uint32_t offset = 4; offset < 16; offset += 4) REQUIRE(world.heap->at<uint32_t>(node, offset) == 0);
    world.heap->at<uint32_t>(node, 4) = ~i;
  }
  Reference before = 0;
  for (const Reference node : seen) {
    REQUIRE((before == 0 || node - before >= 16));
    before = node;
  }
}

TEST_CASE("the tag of null is no type's", "[gc]") {
  World world;
  REQUIRE(world.heap->tag(0) == abi::kNoTag);
  REQUIRE(world.types->records()[0]->display()[0] == abi::TypeRecord::kUnused);
}

TEST_CASE("what roots reach lives, everything else is freed", "[gc]") {
  World world;
  const Reference leaf = world.node(1);
  const Reference root = world.node(2, leaf, abi::i31_reference(77));
  const Reference dead = world.node(3, root);
  world.precise = {root, 0, abi::i31_reference(5)};
  world.heap->collect();
  REQUIRE(world.is_object(root));
  REQUIRE(world.is_object(leaf));
  REQUIRE_FALSE(world.is_object(dead));
  REQUIRE(world.number(leaf) == 1);
  REQUIRE(world.heap->at<Reference>(root, 12) == abi::i31_reference(77));
  world.precise.clear();
  world.heap->collect();
  REQUIRE_FALSE(world.is_object(root));
  REQUIRE(world.heap->statistics().used_bytes == 0);
}

TEST_CASE("cycles are freed", "[gc]") {
  World world;
  const Reference first = world.node(1);
  const Reference second = world.node(2, first);
  world.heap->at<Reference>(first, 8) = second;
  world.heap->collect();
  REQUIRE_FALSE(world.is_object(first));
  REQUIRE_FALSE(world.is_object(second));
}

TEST_CASE("marking goes through arrays of references, long ones too", "[gc]") {
  World world;
  constexpr uint32_t kLength = 20000;
  const Reference array = world.array(World::kReferences, kLength);
  world.precise = {array};
  for (uint32_t i = 0; i < kLength; ++i) {
    const Reference node = world.node(i);
    world.element(array, i) = node;
    world.node(i + 1);
  }
  world.heap->collect();
  for (uint32_t i = 0; i < kLength; ++i) {
    const Reference node = world.element(array, i);
    REQUIRE(world.is_object(node));
    REQUIRE(world.number(node) == i);
  }
}

TEST_CASE("a list longer than any stack is marked", "[gc]") {
  World world;
  constexpr uint32_t kLength = 1'000'000;
  Reference list = 0;
  for (uint32_t i = 0; i < kLength; ++i) {
    list = world.node(i, list);
    world.precise = {list};
  }
  world.heap->collect();
  uint32_t length = 0;
  for (; list; list = world.heap->at<Reference>(list, 8)) ++length;
  REQUIRE(length == kLength);
}

TEST_CASE("free lines between live objects are filled again", "[gc]") {
  World world;
  // One live node in every fourth line.
  constexpr uint32_t kNodes = 64 * 1024, kEvery = 4 * Heap::kLineBytes / 16;
  for (uint32_t i = 0; i < kNodes; ++i) {
    const Reference node = world.node(i);
    if (i % kEvery == 0) world.precise.push_back(node);
  }
  world.heap->collect();
  const uint64_t used = world.heap->statistics().used_bytes;
  REQUIRE(world.heap->statistics().live_bytes == world.precise.size() * Heap::kLineBytes);
  const std::vector<uint64_t> old = world.precise;
  std::set<uint64_t> live(old.begin(), old.end());
  for (uint32_t i = 0; i < kNodes / 2; ++i) REQUIRE(live.count(world.node(0xffffffff)) == 0);
  REQUIRE(world.heap->statistics().collections == 1);
  REQUIRE(world.heap->statistics().used_bytes == used);
  for (size_t i = 0; i < old.size(); ++i) REQUIRE(world.number(static_cast<Reference>(old[i])) == i * kEvery);
}

TEST_CASE("an address inside an object keeps it, wherever it points", "[gc]") {
  World world;
  const Reference bytes = world.array(World::kBytes, 1000);
  const Reference large = world.array(World::kBytes, 3 * Heap::kBlockBytes);
  const Reference node = world.node(1);
  const Reference other = world.node(2);
  const auto address = [&](Reference reference, uint32_t offset) { return reinterpret_cast<uint64_t>(world.heap->address(reference)) + offset; };
  world.ambiguous = {address(bytes, 999), address(large, 3 * Heap::kBlockBytes - 1), uint64_t{node} + 12};
  world.ambiguous.push_back(address(other, 16));  // just behind
  // Neither numbers nor other addresses do harm.
  world.ambiguous.insert(world.ambiguous.end(), {1, 7, 0xffffffff, 0x1234567890, ~uint64_t{0}, reinterpret_cast<uint64_t>(&world),
                                                 address(0, 0), address(0, 8)});
  for (int round = 0; round < 3; ++round) {
    world.heap->collect();
    REQUIRE(world.is_object(bytes));
    REQUIRE(world.is_object(large));
    REQUIRE(world.is_object(node));
    REQUIRE_FALSE(world.is_object(other));
  }
  REQUIRE(world.heap->array_length(large) == 3 * Heap::kBlockBytes);
}

TEST_CASE("objects allocated inline are found by addresses inside", "[gc]") {
  World world;
  const Reference first = world.node(1);
  // As generated code does it.
  const auto next = static_cast<Reference>(world.context.gc_next);
  REQUIRE(next == first + 16);
  REQUIRE(world.context.gc_limit >= next + 32);
  world.heap->at<abi::TypeTag>(next, 0) = world.tag(World::kBytes);
  world.heap->at<uint32_t>(next, 4) = 10;
  world.context.gc_next += 24;
  REQUIRE(world.heap->find_object(next + 16) == next);
  const Reference last = world.node(3);
  REQUIRE(last == next + 24);
  world.ambiguous = {uint64_t{next} + 20, uint64_t{last} + 8};
  world.heap->collect();
  REQUIRE_FALSE(world.is_object(first));
  REQUIRE(world.is_object(next));
  REQUIRE(world.is_object(last));
}

TEST_CASE("an allocation that was cut short leaves no object", "[gc]") {
  World world;
  const Reference first = world.node(1);
  world.context.gc_next += 16;  // taken, but without a tag
  world.heap->abandon_hole();
  const Reference second = world.node(2);
  world.ambiguous = {first, second, uint64_t{first} + 16};
  world.heap->collect();
  REQUIRE(world.is_object(first));
  REQUIRE(world.is_object(second));
  REQUIRE(world.heap->find_object(uint64_t{first} + 16) == 0);
}

TEST_CASE("large objects are zero and are freed", "[gc]") {
  World world;
  for (int round = 0; round < 3; ++round) {
    const Reference array = world.array(World::kReferences, 100'000);
    REQUIRE(world.heap->array_length(array) == 100'000);
    for (uint32_t i = 0; i < 100'000; ++i) REQUIRE(world.element(array, i) == 0);
    const Reference node = world.node(5);
    world.element(array, 99'999) = node;
    world.precise = {array};
    world.heap->collect();
    REQUIRE(world.is_object(array));
    REQUIRE(world.is_object(node));
    for (uint32_t i = 0; i < 100'000; ++i) world.element(array, i) = abi::i31_reference(i);
    world.precise.clear();
    world.heap->collect();
    REQUIRE_FALSE(world.is_object(array));
    REQUIRE(world.heap->statistics().used_bytes == 0);
  }
}

TEST_CASE("objects of every size around the borders hold what was written", "[gc]") {
  World world;
  std::vector<uint32_t> lengths;
  for (const uint32_t around : {0u, Heap::kLineBytes, abi::kInlineObjectBytes, Heap::kLargeBytes, Heap::kBlockBytes}) {
    for (int32_t delta = -20; delta <= 20; ++delta) {
      if (static_cast<int64_t>(around) + delta >= 0) lengths.push_back(around + static_cast<uint32_t>(delta));
    }
  }
  for (const uint32_t length : lengths) {
    const Reference array = world.array(World::kBytes, length);
    REQUIRE(array != 0);
    world.precise.push_back(array);
    for (uint32_t i = 0; i < length; ++i) {
      REQUIRE(world.heap->at<uint8_t>(array, 8 + i) == 0);
      world.heap->at<uint8_t>(array, 8 + i) = static_cast<uint8_t>(length + i);
    }
    world.array(World::kBytes, length / 2);
    if (length % 3 == 0) world.heap->collect();
  }
  for (size_t k = 0; k < lengths.size(); ++k) {
    const auto array = static_cast<Reference>(world.precise[k]);
    REQUIRE(world.heap->array_length(array) == lengths[k]);
    for (uint32_t i = 0; i < lengths[k]; ++i) REQUIRE(world.heap->at<uint8_t>(array, 8 + i) == static_cast<uint8_t>(lengths[k] + i));
  }
}

TEST_CASE("a heap with a limit collects, and is full when all is live", "[gc]") {
  HeapOptions options;
  options.max_bytes = 2 * kMegabyte;
  World world(options);
  // Garbage of many times the limit.
  for (uint32_t i = 0; i < 2'000'000; ++i) world.node(i);
  REQUIRE(world.heap->statistics().collections >= 10);
  REQUIRE(world.heap->statistics().used_bytes <= 2 * kMegabyte);
  uint32_t count = 0;
  while (const Reference node = world.heap->allocate_struct(world.tag(World::kNode))) {
    world.precise.push_back(node);
    ++count;
  }
  REQUIRE(count == 2 * kMegabyte / 16);
  REQUIRE(world.heap->statistics().used_bytes == 2 * kMegabyte);
  // Room again.
  world.precise.clear();
  REQUIRE(world.heap->allocate_struct(world.tag(World::kNode)) != 0);
}

TEST_CASE("an array that cannot fit is refused at once", "[gc]") {
  HeapOptions options;
  options.max_bytes = 4 * kMegabyte;
  World world(options);
  REQUIRE(world.array(World::kReferences, 0xffffffff) == 0);
  REQUIRE(world.array(World::kReferences, 2'000'000) == 0);
  const Reference array = world.array(World::kBytes, 3'000'000);
  REQUIRE(array != 0);
  world.precise = {array};
  REQUIRE(world.array(World::kBytes, 3'000'000) == 0);
  REQUIRE(world.array(World::kBytes, 500'000) != 0);
}

TEST_CASE("host boxes keep their word", "[gc]") {
  World world;
  const Reference box = world.heap->allocate_host_box(0x1122334455667788);
  world.precise = {box};
  world.heap->collect();
  REQUIRE(world.heap->tag(box) == abi::kHostBoxTag);
  REQUIRE(world.heap->at<uint64_t>(box, abi::kHostBoxWordOffset) == 0x1122334455667788);
}

TEST_CASE("under stress every allocation collects and overwrites what is free", "[gc]") {
  HeapOptions options;
  options.stress = true;
  World world(options);
  const Reference kept = world.node(1);
  world.precise = {kept};
  const Reference lost = world.node(2);
  REQUIRE(world.context.gc_next == world.context.gc_limit);
  const uint64_t before = world.heap->statistics().collections;
  const Reference next = world.node(3);
  REQUIRE(world.heap->statistics().collections == before + 1);
  REQUIRE(world.number(kept) == 1);
  if (next != lost) REQUIRE(world.number(lost) == 0xdbdbdbdb);
  REQUIRE(world.number(next) == 3);
}

// A model beside the heap: a random graph, changed and collected, must keep every object that the model reaches.
TEST_CASE("a changing random graph survives collections", "[gc]") {
  HeapOptions options;
  options.max_bytes = 8 * kMegabyte;
  World world(options);
  constexpr uint32_t kRoots = 64;
  world.precise.assign(kRoots, 0);
  uint64_t state = 12345;
  const auto random = [&state](uint32_t below) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return static_cast<uint32_t>(state >> 33) % below;
  };
  // The number of a node is that of its children, mixed; a lost or overwritten one shows.
  const auto mixed = [&](Reference left, Reference right) {
    return (left ? world.number(left) * 3 : 1) + (right ? world.number(right) * 5 : 2);
  };
  for (uint32_t step = 0; step < 300'000; ++step) {
    const auto left = static_cast<Reference>(world.precise[random(kRoots)]);
    const auto right = static_cast<Reference>(random(4) ? 0 : world.precise[random(kRoots)]);
    const uint32_t number = mixed(left, right);
    const Reference node = world.node(number, left, right);
    world.precise[random(kRoots)] = random(8) ? node : 0;
    if (random(50) == 0) world.array(World::kBytes, random(20'000));
  }
  REQUIRE(world.heap->statistics().collections > 3);
  std::set<Reference> seen;
  std::vector<Reference> open;
  for (const uint64_t root : world.precise) {
    if (root) open.push_back(static_cast<Reference>(root));
  }
  while (!open.empty()) {
    const Reference node = open.back();
    open.pop_back();
    if (!seen.insert(node).second) continue;
    const auto left = world.heap->at<Reference>(node, 8), right = world.heap->at<Reference>(node, 12);
    REQUIRE(world.heap->tag(node) == world.tag(World::kNode));
    REQUIRE(world.number(node) == mixed(left, right));
    if (left) open.push_back(left);
    if (right) open.push_back(right);
  }
}

}  // namespace
}  // namespace wasmrun::gc
