// The process-wide set of types. A rec group is looked up by its shape: a list of words in which a reference to a type
// of the group is a position in it, and a reference to an earlier type is that type's canonical id. Groups of equal
// shape are the same types, so equality of two types is equality of their ids.
#include "engine/module/type_registry.h"

#include <deque>
#include <mutex>
#include <shared_mutex>
#include <string_view>
#include <unordered_map>

#include "engine/base/check.h"
#include "engine/module/heap_type_lattice.h"
#include "engine/module/limits.h"

namespace wasmrun::module {
namespace {

using Shape = std::vector<uint32_t>;

struct ShapeHash {
  size_t operator()(const Shape& shape) const {
    const auto* bytes = reinterpret_cast<const char*>(shape.data());
    return std::hash<std::string_view>()(std::string_view(bytes, shape.size() * sizeof(uint32_t)));
  }
};

/// Mark a word that another word follows; a packed ValueType never has the highest bit.
constexpr uint32_t kInsideGroup = 0x80000000;
constexpr uint32_t kOutsideGroup = 0xc0000000;

/// What a rec group's type indices mean: those from `first` on are positions in the group, others are looked up.
struct GroupScope {
  uint32_t first = 0;
  uint32_t count = 0;
  const std::vector<CanonicalTypeId>* outside = nullptr;  ///< null: indices are canonical ids already

  bool is_inside(TypeIndex index) const { return index.value >= first && index.value - first < count; }
  CanonicalTypeId canonical_outside(TypeIndex index) const {
    if (!outside) return CanonicalTypeId(index.value);
    CHECK(index.value < outside->size());
    return (*outside)[index.value];
  }
};

class ShapeWriter {
 public:
  explicit ShapeWriter(const GroupScope& scope) : scope_(scope) {}

  void write(const SubType& type) {
    shape_.push_back(static_cast<uint32_t>(type.kind) | (type.is_final ? 4 : 0) | (type.supertype ? 8 : 0) |
                     (type.describes ? 16 : 0) | (type.descriptor ? 32 : 0));
    if (type.supertype) write_index(0, *type.supertype);
    if (type.describes) write_index(0, *type.describes);
    if (type.descriptor) write_index(0, *type.descriptor);
    write(type.func.params);
    write(type.func.results);
    shape_.push_back(static_cast<uint32_t>(type.fields.size()));
    for (const FieldType& field : type.fields) {
      shape_.push_back(static_cast<uint32_t>(field.packing) | (field.is_mutable ? 4 : 0));
      write(field.type);
    }
  }
  Shape take() { return std::move(shape_); }

 private:
  void write(const std::vector<ValueType>& types) {
    shape_.push_back(static_cast<uint32_t>(types.size()));
    for (const ValueType type : types) write(type);
  }
  void write(ValueType type) {
    if (!type.is_ref() || !type.heap_type().is_index()) return shape_.push_back(type.bits());
    write_index((type.nullable() ? 1 : 0) | (type.heap_type().is_exact() ? 2 : 0), type.heap_type().index());
  }
  void write_index(uint32_t flags, TypeIndex index) {
    const bool inside = scope_.is_inside(index);
    shape_.push_back(flags | (inside ? kInsideGroup : kOutsideGroup));
    shape_.push_back(inside ? index.value - scope_.first : scope_.canonical_outside(index).value);
  }

  const GroupScope& scope_;
  Shape shape_;
};

/// Rewrites a type's indices to canonical ids, once the group's first id is known.
class Rewriter {
 public:
  Rewriter(const GroupScope& scope, uint32_t first_id) : scope_(scope), first_id_(first_id) {}

  SubType rewrite(SubType type) const {
    if (type.supertype) type.supertype = rewrite(*type.supertype);
    if (type.describes) type.describes = rewrite(*type.describes);
    if (type.descriptor) type.descriptor = rewrite(*type.descriptor);
    for (ValueType& param : type.func.params) param = rewrite(param);
    for (ValueType& result : type.func.results) result = rewrite(result);
    for (FieldType& field : type.fields) field.type = rewrite(field.type);
    return type;
  }

 private:
  TypeIndex rewrite(TypeIndex index) const {
    if (scope_.is_inside(index)) return TypeIndex(first_id_ + (index.value - scope_.first));
    return TypeIndex(scope_.canonical_outside(index).value);
  }
  ValueType rewrite(ValueType type) const {
    if (!type.is_ref() || !type.heap_type().is_index()) return type;
    return ValueType::ref(type.heap_type().with_index(rewrite(type.heap_type().index())), type.nullable());
  }

  const GroupScope& scope_;
  uint32_t first_id_;
};

/// Ids travel in the 22 bits that HeapType has for an index.
constexpr size_t kMaxIds = size_t{1} << 22;

/// Whether every type index of `type` is below `end`.
bool indices_below(const SubType& type, uint32_t end) {
  const auto known = [end](ValueType value) {
    return !value.is_ref() || !value.heap_type().is_index() || value.heap_type().index().value < end;
  };
  for (const ValueType param : type.func.params)
    if (!known(param)) return false;
  for (const ValueType result : type.func.results)
    if (!known(result)) return false;
  for (const FieldType& field : type.fields)
    if (!known(field.type)) return false;
  return true;
}

/// Number of supertypes above `index`, stopping past the limit.
uint32_t subtyping_depth(const Module& module, TypeIndex index) {
  uint32_t depth = 0;
  for (auto next = module.types[index.value].supertype; next && depth <= limits::kSubtypingDepth; ++depth)
    next = module.types[next->value].supertype;
  return depth;
}

}  // namespace

struct TypeRegistry::State {
  mutable std::shared_mutex mutex;
  std::deque<SubType> types;  ///< by canonical id; a deque, so that references stay valid
  std::unordered_map<Shape, CanonicalTypeId, ShapeHash> groups;

  /// The id of the group's first type. `members` are the group's types as its scope reads them.
  CanonicalTypeId intern(std::span<const SubType> members, const GroupScope& scope) {
    ShapeWriter writer(scope);
    for (const SubType& member : members) writer.write(member);
    const std::unique_lock lock(mutex);
    const auto [entry, is_new] =
        groups.try_emplace(writer.take(), CanonicalTypeId(static_cast<uint32_t>(types.size())));
    if (is_new) {
      CHECK(types.size() + members.size() <= kMaxIds);
      const Rewriter rewriter(scope, entry->second.value);
      for (const SubType& member : members) types.push_back(rewriter.rewrite(member));
    }
    return entry->second;
  }

  const SubType& type(CanonicalTypeId id) const {
    CHECK(id.value < types.size());
    return types[id.value];
  }

  bool is_subtype(CanonicalTypeId sub, CanonicalTypeId super) const {
    while (sub != super) {
      const std::optional<TypeIndex> next = type(sub).supertype;
      if (!next) return false;
      sub = CanonicalTypeId(next->value);
    }
    return true;
  }

  bool matches(HeapType sub, HeapType super) const {
    if (sub == super) return true;
    if (!sub.is_index() && !super.is_index()) return is_below(sub.abstract(), super.abstract());
    if (!super.is_index()) return is_below(type(CanonicalTypeId(sub.index().value)).kind, super.abstract());
    if (!sub.is_index()) return is_below(sub.abstract(), type(CanonicalTypeId(super.index().value)).kind);
    if (super.is_exact()) return false;  // only itself, and that is `sub == super`
    return is_subtype(CanonicalTypeId(sub.index().value), CanonicalTypeId(super.index().value));
  }
};

TypeRegistry::TypeRegistry() : state_(std::make_unique<State>()) {}
TypeRegistry::~TypeRegistry() = default;

void TypeRegistry::canonicalize(Module& module, size_t group_index) {
  const RecGroup group = module.rec_groups[group_index];
  CHECK(module.canonical_types.size() == group.first.value);
  if (group.count == 0) return;
  const auto members = std::span<const SubType>(module.types).subspan(group.first.value, group.count);
  const CanonicalTypeId first = state_->intern(members, {group.first.value, group.count, &module.canonical_types});
  for (uint32_t i = 0; i < group.count; ++i) module.canonical_types.push_back(CanonicalTypeId(first.value + i));
}

CanonicalTypeId TypeRegistry::intern(const FuncType& type) {
  SubType member;
  member.func = type;
  return state_->intern(std::span(&member, 1), {});
}

CanonicalTypeId TypeRegistry::intern(const SubType& type) { return state_->intern(std::span(&type, 1), {}); }

const SubType& TypeRegistry::type(CanonicalTypeId id) const {
  const std::shared_lock lock(state_->mutex);
  return state_->type(id);
}

bool TypeRegistry::is_subtype(CanonicalTypeId sub, CanonicalTypeId super) const {
  if (sub == super) return true;
  const std::shared_lock lock(state_->mutex);
  return state_->is_subtype(sub, super);
}

bool TypeRegistry::matches(ValueType sub, ValueType super) const {
  if (sub == super || sub == kBottom) return true;
  if (!sub.is_ref() || !super.is_ref()) return false;
  if (sub.nullable() && !super.nullable()) return false;
  const std::shared_lock lock(state_->mutex);
  return state_->matches(sub.heap_type(), super.heap_type());
}

Result<void> check_rec_group_indices(const Module& module, size_t group_index) {
  const RecGroup group = module.rec_groups[group_index];
  const uint32_t end = group.first.value + group.count;
  const auto is_outside = [&](std::optional<TypeIndex> index) {
    return index && (index->value < group.first.value || index->value >= end);
  };
  for (uint32_t i = group.first.value; i < end; ++i) {
    const SubType& type = module.types[i];
    if (is_outside(type.describes))
      return Error{ErrorKind::Invalid, "described type is outside rec group: of type " + std::to_string(i)};
    if (is_outside(type.descriptor))
      return Error{ErrorKind::Invalid, "descriptor type is outside rec group: of type " + std::to_string(i)};
    if (!indices_below(type, end))
      return Error{ErrorKind::Invalid, "unknown type: type " + std::to_string(i) + " refers past its rec group"};
    if (type.supertype && type.supertype->value >= i)
      return Error{ErrorKind::Invalid,
                   "unknown type: the supertype of type " + std::to_string(i) + " must stand before it"};
    if (subtyping_depth(module, TypeIndex(i)) > limits::kSubtypingDepth)
      return Error{ErrorKind::Invalid, "type " + std::to_string(i) + " has more than " +
                                           std::to_string(limits::kSubtypingDepth) + " supertypes above it"};
  }
  return {};
}

ValueType canonical(const Module& module, ValueType type) {
  if (!type.is_ref() || !type.heap_type().is_index()) return type;
  const CanonicalTypeId id = module.canonical_types[type.heap_type().index().value];
  return ValueType::ref(type.heap_type().with_index(TypeIndex(id.value)), type.nullable());
}

}  // namespace wasmrun::module
