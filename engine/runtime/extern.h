// What instances import and export, and when one fits the other. Visible: Extern, Tag, describe, matches.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/abi/instance_layout.h"
#include "engine/module/module.h"
#include "engine/module/type_registry.h"

namespace wasmrun::runtime {

class Instance;
class Memory;
class Table;

struct FunctionExtern {
  abi::FunctionEntry entry;
  CanonicalTypeId type;
};

struct GlobalExtern {
  abi::GlobalCell* cell = nullptr;
  module::ValueType type;  ///< canonical
  bool is_mutable = false;
};

/// An exception tag: its address is its identity.
struct Tag {
  CanonicalTypeId type;
  /// Who defined it, for messages.
  const Instance* owner = nullptr;
  uint32_t index = 0;
  /// Of its exceptions (abi::exception_type), and where the arguments lie in them.
  abi::TypeTag exception = abi::kNoTag;
  std::vector<abi::FieldLayout> arguments;
};

/// An address in the store, as the specification's external values. Only the member of `kind` is meaningful.
struct Extern {
  module::ExternKind kind = module::ExternKind::Func;
  FunctionExtern function;
  Memory* memory = nullptr;
  Table* table = nullptr;
  GlobalExtern global;
  Tag* tag = nullptr;
};

/// The type of what an import wants or an export gives, as messages print it: "func [i32] -> []".
std::string describe(const module::Module& module, module::ExternKind kind, uint32_t index);
/// The type of a definition, sizes as they are now.
std::string describe(const module::TypeRegistry& types, const Extern& definition);

/// What a message calls a tag: "tag 0 of NAME".
std::string describe(const Tag& tag);

/// Whether `definition` may be given for the import of `kind` with `index` in `module`. spec: match-externtype
bool matches(const module::TypeRegistry& types, const Extern& definition, const module::Module& module,
             module::ExternKind kind, uint32_t index);

}  // namespace wasmrun::runtime
