// Types of the language as a module states them. Visible: ValueType, HeapType, composite types, limits, extern types.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/indices.h"

namespace wasmrun::module {

/// The heap types that are not a type index. spec: syntax-heaptype
enum class AbstractHeapType : uint8_t {
  Func, Extern, Any, Eq, I31, Struct, Array, Exn, None, NoFunc, NoExtern, NoExn,
};

/// What a reference points to: an abstract heap type or a type of the module. spec: syntax-heaptype
class HeapType {
 public:
  constexpr HeapType() = default;
  constexpr HeapType(AbstractHeapType type) : bits_(kAbstract | static_cast<uint32_t>(type)) {}
  constexpr HeapType(TypeIndex index) : bits_(index.value) {}

  /// The type itself, without its subtypes. spec: custom descriptors proposal
  static constexpr HeapType exact(TypeIndex index) {
    HeapType type(index);
    type.bits_ |= kExact;
    return type;
  }

  constexpr bool is_index() const { return !(bits_ & kAbstract); }
  constexpr bool is_exact() const { return bits_ & kExact; }
  constexpr TypeIndex index() const { return TypeIndex(bits_ & (kAbstract - 1)); }
  /// The same, exact or not, for another index.
  constexpr HeapType with_index(TypeIndex index) const { return is_exact() ? exact(index) : HeapType(index); }
  constexpr AbstractHeapType abstract() const { return static_cast<AbstractHeapType>(bits_ & 0xff); }
  friend constexpr bool operator==(HeapType, HeapType) = default;

 private:
  friend class ValueType;
  static constexpr uint32_t kAbstract = 1u << 22;
  static constexpr uint32_t kExact = 1u << 23;
  uint32_t bits_ = kAbstract;
};

/// A number, vector or reference type, packed into 32 bits so that equality is one compare. spec: syntax-valtype
/// `Bottom` is the type of unreachable code's operands; it matches every type and is never written in a module.
class ValueType {
 public:
  enum class Kind : uint8_t { Bottom, I32, I64, F32, F64, V128, Ref };

  constexpr ValueType() = default;
  constexpr ValueType(Kind kind) : bits_(static_cast<uint32_t>(kind)) {}
  static constexpr ValueType ref(HeapType heap_type, bool nullable) {
    ValueType type;
    type.bits_ = static_cast<uint32_t>(Kind::Ref) | (nullable ? kNullable : 0) | heap_type.bits_ << 8;
    return type;
  }

  constexpr Kind kind() const { return static_cast<Kind>(bits_ & 7); }
  constexpr bool is_ref() const { return kind() == Kind::Ref; }
  constexpr bool is_number() const { return kind() >= Kind::I32 && kind() <= Kind::F64; }
  constexpr bool nullable() const { return bits_ & kNullable; }
  constexpr HeapType heap_type() const {
    HeapType type;
    type.bits_ = bits_ >> 8;
    return type;
  }
  constexpr ValueType as_non_null() const {
    ValueType type = *this;
    type.bits_ &= ~kNullable;
    return type;
  }
  /// Whether a local of this type has a value before it is set. spec: syntax-defaultable
  constexpr bool defaultable() const { return !is_ref() || nullable(); }
  constexpr uint32_t bits() const { return bits_; }
  friend constexpr bool operator==(ValueType, ValueType) = default;

 private:
  static constexpr uint32_t kNullable = 8;
  uint32_t bits_ = 0;
};

inline constexpr ValueType kI32{ValueType::Kind::I32};
inline constexpr ValueType kI64{ValueType::Kind::I64};
inline constexpr ValueType kF32{ValueType::Kind::F32};
inline constexpr ValueType kF64{ValueType::Kind::F64};
inline constexpr ValueType kV128{ValueType::Kind::V128};
inline constexpr ValueType kBottom{ValueType::Kind::Bottom};
inline constexpr ValueType kFuncRef = ValueType::ref(AbstractHeapType::Func, true);
inline constexpr ValueType kExternRef = ValueType::ref(AbstractHeapType::Extern, true);

/// As the text format writes it: "i32", "funcref", "(ref null 3)".
std::string to_string(ValueType type);
std::string to_string(HeapType type);

/// spec: syntax-functype
struct FuncType {
  std::vector<ValueType> params;
  std::vector<ValueType> results;
  friend bool operator==(const FuncType&, const FuncType&) = default;
};
/// "[i32 i64] -> [f32]", as the specification writes it.
std::string to_string(const FuncType& type);

/// What a field of a struct or array stores. spec: syntax-storagetype
struct FieldType {
  enum class Packing : uint8_t { None, I8, I16 };
  ValueType type;  ///< i32 when packed
  Packing packing = Packing::None;
  bool is_mutable = false;
  friend bool operator==(const FieldType&, const FieldType&) = default;
};

/// One member of a rec group. `fields` serves structs (all of them) and arrays (exactly one). spec: syntax-subtype
struct SubType {
  enum class Kind : uint8_t { Func, Struct, Array };
  Kind kind = Kind::Func;
  bool is_final = true;
  std::optional<TypeIndex> supertype;
  /// Of a struct: the type whose objects it describes, and the type of its own descriptor; both in its rec group.
  std::optional<TypeIndex> describes;
  std::optional<TypeIndex> descriptor;
  FuncType func;
  std::vector<FieldType> fields;
};

/// Types that are defined together: `count` types from `first` on. spec: syntax-rectype
struct RecGroup {
  TypeIndex first;
  uint32_t count = 0;
};

enum class AddressType : uint8_t { I32, I64 };
inline constexpr ValueType value_type(AddressType type) { return type == AddressType::I32 ? kI32 : kI64; }

/// spec: syntax-limits
struct Limits {
  AddressType address_type = AddressType::I32;
  bool is_shared = false;
  uint64_t min = 0;
  std::optional<uint64_t> max;
};

/// Limits in pages of 2^page_size_log2 bytes. spec: syntax-memtype
struct MemoryType {
  Limits limits;
  uint8_t page_size_log2 = 16;
};

/// Limits in elements. spec: syntax-tabletype
struct TableType {
  ValueType element = kFuncRef;
  Limits limits;
};

/// spec: syntax-globaltype
struct GlobalType {
  ValueType type;
  bool is_mutable = false;
};

/// spec: syntax-tagtype
struct TagType {
  TypeIndex type;
};

enum class ExternKind : uint8_t { Func, Table, Memory, Global, Tag };
/// "func", "table", ...
const char* to_string(ExternKind kind);

}  // namespace wasmrun::module
