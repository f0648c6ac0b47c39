// How objects of the collected heap look, and how a reference to one is written: what compilers, collector and runtime agree on.
// Visible: TypeTag, TypeRecord, StructLayout, ObjectLayouts, exception_type, i31, is_collected.
//
// A reference of the `any`, `extern` or `exn` hierarchy is a 64-bit word on the operand stack, in frames, globals and tables, and 32
// bits in a field. Its upper half is zero; its lower half is
//
//     0                    null
//     n << 1 | 1           the i31 whose low 31 bits are n
//     a multiple of 8      an object: its distance from InstanceHeader::gc_base
//
// so `any.convert_extern` and `extern.convert_any` change nothing. What a host passes as externref (or as another reference of
// these hierarchies) is boxed in an object on the way in and unboxed on the way out.
//
//     struct   ┌────────┬────────────────────┐     array   ┌────────┬────────┬───────────────┐
//              │ tag    │ fields, in order,  │             │ tag    │ length │ elements      │
//              └────────┴────────────────────┘             └────────┴────────┴───────────────┘
//              0        4  naturally aligned, to 8         0        4        8
//     host box ┌────────┬────────┬───────────┐
//              │ tag    │        │ the word  │    all sizes are multiples of 8
//              └────────┴────────┴───────────┘
//
// The first 4 KiB of the heap hold nothing but zeros, so the tag of null may be read: it is kNoTag. A live reference lies on the
// guest's stack at every call, as such a word in an aligned slot, as 32 bits of one, or as an address inside its object.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "engine/module/module.h"
#include "engine/module/types.h"

namespace wasmrun::abi {

/// What the first word of an object says: the kind, and one more than the canonical id of its type, which is its place in
/// InstanceHeader::type_records; the record at 0 is of no type. FuncObject has one too; the kind of a function is zero.
using TypeTag = uint32_t;
inline constexpr uint32_t kTagKindShift = 30;
inline constexpr TypeTag kTagIndexMask = (TypeTag{1} << kTagKindShift) - 1;
enum class TagKind : uint32_t { Func = 0, Struct = 1, Array = 2, HostBox = 3 };
constexpr TypeTag type_tag(module::SubType::Kind kind, CanonicalTypeId id) {
  const TagKind tag_kind = kind == module::SubType::Kind::Struct  ? TagKind::Struct
                           : kind == module::SubType::Kind::Array ? TagKind::Array
                                                                  : TagKind::Func;
  return static_cast<TypeTag>(tag_kind) << kTagKindShift | (id.value + 1);
}
inline constexpr TypeTag kHostBoxTag = static_cast<TypeTag>(TagKind::HostBox) << kTagKindShift;
/// Where there is no object.
inline constexpr TypeTag kNoTag = 0;
constexpr TagKind kind_of(TypeTag tag) { return static_cast<TagKind>(tag >> kTagKindShift); }

inline constexpr int32_t kArrayLengthOffset = 4;
inline constexpr int32_t kArrayElementsOffset = 8;
inline constexpr int32_t kHostBoxWordOffset = 8;
inline constexpr uint32_t kHostBoxBytes = 16;
/// Objects of at most this size are allocated by generated code; larger ones, and those that do not fit, by its call of the runtime.
inline constexpr uint32_t kInlineObjectBytes = 2048;

constexpr uint32_t i31_reference(uint32_t value) { return value << 1 | 1; }
constexpr bool is_i31(uint64_t reference) { return reference & 1; }

/// What is known at run time about a type; InstanceHeader::type_records leads to it. For a cast: S is a subtype of T, which has
/// `depth` types above it, if S's display has T's tag at `depth`. The display has at least kLeastDisplay entries; for a deeper T,
/// S's depth is to be compared first.
struct TypeRecord {
  /// Number of supertypes above.
  uint32_t depth = 0;
  /// Struct: the object's size. Array: the size of an element, as a power of 2.
  uint32_t size_bytes = 0;
  uint32_t element_log2 = 0;
  /// How many of the fields, or whether the elements, are references that the collector follows.
  uint32_t reference_count = 0;
  /// Struct: where they are.
  const uint32_t* reference_offsets = nullptr;

  static constexpr uint32_t kLeastDisplay = 8;
  /// Fills what the display has past the type itself; no type's tag.
  static constexpr TypeTag kUnused = UINT32_MAX;
  /// The display lies behind the record: tags from the topmost supertype to the type itself.
  TypeTag* display() { return reinterpret_cast<TypeTag*>(this + 1); }
  const TypeTag* display() const { return reinterpret_cast<const TypeTag*>(this + 1); }
};
inline constexpr int32_t kDisplayOffset = sizeof(TypeRecord);

/// Whether values of the type are references to the collected heap: of the `any`, `extern` or `exn` hierarchy. `type_at` says what a type
/// index means: a module's types, or the registry's.
template <class TypeAt>
constexpr bool is_collected(module::ValueType type, TypeAt&& type_at) {
  if (!type.is_ref()) return false;
  if (type.heap_type().is_index()) return type_at(type.heap_type().index()).kind != module::SubType::Kind::Func;
  switch (type.heap_type().abstract()) {
    case module::AbstractHeapType::Func:
    case module::AbstractHeapType::NoFunc: return false;
    case module::AbstractHeapType::Exn:
    case module::AbstractHeapType::NoExn:
    case module::AbstractHeapType::Any:
    case module::AbstractHeapType::Eq:
    case module::AbstractHeapType::I31:
    case module::AbstractHeapType::Struct:
    case module::AbstractHeapType::Array:
    case module::AbstractHeapType::None:
    case module::AbstractHeapType::Extern:
    case module::AbstractHeapType::NoExtern: return true;
  }
  return false;
}

/// How a field or element is stored.
struct FieldLayout {
  enum class Storage : uint8_t { I8, I16, Number, Reference, Word };  ///< Word: a function reference, 64 bits
  uint32_t offset = 0;  ///< from the object's begin; of an element: kArrayElementsOffset
  uint8_t size_log2 = 0;
  Storage storage = Storage::Number;
};

/// The layout of an element, or of a field that is laid behind `end` bytes; `end` becomes the field's end. A subtype's fields
/// begin with those of its supertype, so equal prefixes get equal offsets. `is_collected_reference` is is_collected(field.type).
FieldLayout lay_field(const module::FieldType& field, bool is_collected_reference, uint32_t& end);
inline constexpr uint32_t kFirstFieldOffset = 4;
constexpr uint32_t object_size(uint64_t end) { return static_cast<uint32_t>((end + 7) & ~uint64_t{7}); }

/// Where a struct whose type has a descriptor holds the reference to it: before which field. That is at one place in all its
/// subtypes: in front of what the topmost supertype with a descriptor adds. Nothing for a type without.
template <class TypeAt>
std::optional<size_t> descriptor_position(const module::SubType& type, TypeAt&& type_at) {
  if (!type.descriptor) return std::nullopt;
  const module::SubType* first = &type;
  while (first->supertype) {
    const module::SubType& super = type_at(*first->supertype);
    if (!super.descriptor) return super.fields.size();
    first = &super;
  }
  return 0;
}
/// Lays out the reference to the descriptor.
inline FieldLayout lay_descriptor(uint32_t& end) { return lay_field({module::ValueType::ref(module::AbstractHeapType::Any, true)}, true, end); }

/// An exception of a tag of type `tag` is an object of this struct type: the address of the runtime's tag, then the arguments. Type
/// indices keep their meaning.
module::SubType exception_type(const module::FuncType& tag);
inline constexpr int32_t kExceptionTagOffset = 8;

/// The layouts of a module's structs and arrays.
class ObjectLayouts {
 public:
  explicit ObjectLayouts(const module::Module& module);
  const FieldLayout& field(TypeIndex type, uint32_t field) const { return fields_[begin_[type.value] + field]; }
  const FieldLayout& element(TypeIndex type) const { return fields_[begin_[type.value]]; }
  /// Where a struct of a type with a descriptor holds it.
  uint32_t descriptor_offset(TypeIndex type) const { return descriptors_[type.value]; }
  /// The size of a struct.
  uint32_t size_bytes(TypeIndex type) const { return sizes_[type.value]; }

 private:
  std::vector<uint32_t> begin_;
  std::vector<uint32_t> sizes_;
  std::vector<uint32_t> descriptors_;
  std::vector<FieldLayout> fields_;
};

}  // namespace wasmrun::abi
