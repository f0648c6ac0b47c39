// The store's side of the collected heap: when it is made, its roots, and what references look like outside the guest.
#include "engine/runtime/references.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "engine/base/check.h"

namespace wasmrun::runtime {
namespace {

constexpr uint64_t kMark = uint64_t{kGuestReferenceMark} << 32;

bool has_mark(uint64_t word) { return word >> 32 == kGuestReferenceMark; }

}  // namespace

void store_field(uint8_t* address, const abi::FieldLayout& layout, const abi::Slot& value) {
  std::memcpy(address, &value, size_t{1} << layout.size_log2);
}

bool Store::is_collected(module::ValueType type) const {
  return abi::is_collected(type, [this](TypeIndex index) -> const module::SubType& { return types_->type(CanonicalTypeId(index.value)); });
}

Result<void> Store::ensure_heap() {
  if (heap_) return {};
  gc::HeapOptions options;
  options.max_bytes = options_.gc_heap_size;
  options.stress = options_.gc_stress;
  heap_ = TRY(gc::Heap::create(options, *type_table_, context_.shared, roots_));
  for (const auto& instance : instances_) instance->header()->gc_base = heap_->base();
  return {};
}

void Store::add_type(CanonicalTypeId id) {
  const auto* const before = type_table_->records();
  type_table_->add(id);
  if (type_table_->records() == before) return;
  for (const auto& instance : instances_) instance->header()->type_records = type_table_->records();
}

// ---- Roots.

void Store::StoreRoots::visit(gc::Marker& marker) { store.visit_roots(marker); }

void Store::visit_roots(gc::Marker& marker) {
  // Everything above belongs to the frames of all activations: no guest register survives a call.
  const auto* word = reinterpret_cast<const uint64_t*>(reinterpret_cast<uintptr_t>(context_.guest_stack_pointer) & ~uintptr_t{7});
  const auto* top = reinterpret_cast<const uint64_t*>(stack_->top());
  for (; word < top; ++word) marker.mark_ambiguous(*word);

  for (const auto& instance : instances_) {
    for (const GlobalExtern& global : instance->globals()) {
      if (is_collected(global.type)) marker.mark(global.cell->low);
    }
    const module::Module& module = instance->module();
    for (size_t i = 0; i < module.elems.size(); ++i) {
      if (!is_collected(canonical(module, module.elems[i].type))) continue;
      for (const uint64_t item : instance->elem_items[i]) marker.mark(item);
    }
  }
  for (const auto& table : tables_) {
    if (!is_collected(table->type().element)) continue;
    for (const uint64_t element : table->elements()) marker.mark(element);
  }
  for (const auto& cell : host_globals_) marker.mark_ambiguous(cell->low);
  for (const uint64_t reference : temporary_roots_) marker.mark(reference);
  for (const uint64_t reference : held_) marker.mark(reference);
}

// ---- References outside the guest.

std::optional<uint64_t> Store::from_host(uint64_t word) {
  if (word == 0) return word;
  if (has_mark(word)) {
    const auto reference = static_cast<uint32_t>(word);
    CHECK(abi::is_i31(reference) || (heap_ && heap_->find_object(reference) == reference));
    return reference;
  }
  if (!ensure_heap().ok()) return std::nullopt;
  const gc::Reference box = heap_->allocate_host_box(word);
  if (box == 0) return std::nullopt;
  return box;
}

uint64_t Store::to_host(uint64_t reference) const {
  if (reference == 0) return 0;
  const auto low = static_cast<uint32_t>(reference);
  if (!abi::is_i31(low) && heap_->tag(low) == abi::kHostBoxTag) return heap_->at<uint64_t>(low, abi::kHostBoxWordOffset);
  return kMark | low;
}

RawValue Store::global_value(const GlobalExtern& global) const {
  return export_value(global.type, std::bit_cast<RawValue>(*global.cell));
}

ReferenceKind Store::reference_kind(RawValue value) const {
  if (value.ref == 0) return ReferenceKind::Null;
  if (!has_mark(value.ref)) return ReferenceKind::Host;
  const auto reference = static_cast<uint32_t>(value.ref);
  if (abi::is_i31(reference)) return ReferenceKind::I31;
  return abi::kind_of(heap_->tag(reference)) == abi::TagKind::Array ? ReferenceKind::Array : ReferenceKind::Struct;
}

void Store::hold(RawValue value) {
  if (has_mark(value.ref)) held_.push_back(static_cast<uint32_t>(value.ref));
}

void Store::release(RawValue value) {
  const auto found = std::find(held_.begin(), held_.end(), uint64_t{static_cast<uint32_t>(value.ref)});
  if (!has_mark(value.ref) || found == held_.end()) return;
  *found = held_.back();
  held_.pop_back();
}

}  // namespace wasmrun::runtime
