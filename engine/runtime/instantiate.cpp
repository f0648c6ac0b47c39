// Creating stores and instances. spec: exec-instantiation
#include <cstring>

#include "engine/runtime/const_expr.h"
#include "engine/runtime/segments.h"
#include "engine/runtime/signals.h"
#include "engine/runtime/store.h"

namespace wasmrun::runtime {
namespace {

// Lists every import that is missing or of another type; the first decides the first words.
Error unlinkable(const std::vector<MissingImport>& missing) {
  const bool first_is_unknown = missing.front().found.empty();
  std::string message = first_is_unknown ? "unknown import" : "incompatible import type";
  message += missing.size() == 1 ? ":" : ": " + std::to_string(missing.size()) + " imports cannot be given:";
  for (const MissingImport& import : missing) {
    const ExternDescription& wanted = import.wanted;
    message += missing.size() == 1 ? " " : "\n  ";
    message += "\"" + wanted.module + "\" \"" + wanted.name + "\": " + wanted.type;
    if (!import.found.empty()) message += ", but it is defined as " + import.found;
  }
  return Error{ErrorKind::Unlinkable, std::move(message)};
}

}  // namespace

Result<std::unique_ptr<Store>> Store::create(std::shared_ptr<module::TypeRegistry> types, const StoreOptions& options,
                                             bool guard_pages) {
  std::unique_ptr<Store> store(new Store);
  store->types_ = std::move(types);
  store->options_ = options;
  store->guard_pages_ = guard_pages;
  store->stack_ = TRY(GuestStack::create(options.stack_size_bytes));
  store->spill_area_ = std::make_unique<abi::Slot[]>(abi::kSpillSlots);
  store->context_.shared.spill_area = store->spill_area_.get();
  store->context_.guest_stack_pointer = store->stack_->top();
  store->context_.store = store.get();
  store->type_table_ = std::make_unique<gc::TypeTable>(*store->types_);
  install_signal_handlers();
  return store;
}

const Memory* Store::find_guarded_memory(const void* address) const {
  for (const auto& memory : memories_) {
    if (memory->guards(address)) return memory.get();
  }
  return nullptr;
}

void Store::register_code(const Instance& instance) {
  const abi::CompiledModule& code = instance.loaded().code;
  if (!code.code || code.code->size_bytes() == 0 || find_code(code.code->base())) return;
  const uint8_t* begin = code.code->base();
  code_ranges_.push_back(std::make_unique<CodeRange>(CodeRange{begin, begin + code.code->size_bytes(), &instance.loaded(),
                                                               &instance, code_.load(std::memory_order_relaxed)}));
  code_.store(code_ranges_.back().get(), std::memory_order_release);
}

Result<abi::TrapCode> Store::allocate_all(Instance& instance) {
  const module::Module& module = instance.module();
  bool has_objects = false;
  for (size_t i = 0; i < module.types.size(); ++i) {
    add_type(module.canonical_types[i]);
    has_objects |= module.types[i].kind != module::SubType::Kind::Func;
  }
  has_objects |= !module.tags.empty();
  if (has_objects) TRY(ensure_heap());
  // A test of null reads its tag.
  alignas(8) static constexpr uint8_t kNoObjects[8] = {};
  instance.header()->gc_base = heap_ ? heap_->base() : const_cast<uint8_t*>(kNoObjects);
  instance.header()->type_records = type_table_->records();
  for (size_t i = module.imported_memories; i < module.memories.size(); ++i) {
    memories_.push_back(TRY(Memory::create(module.memories[i], guard_pages_, options_.max_memory_bytes)));
    instance.add_memory(memories_.back().get());
  }
  instance.choose_default_memory();
  for (size_t i = module.imported_tags; i < module.tags.size(); ++i) {
    tags_.push_back(make_tag(instance, static_cast<uint32_t>(i)));
    instance.add_tag(tags_.back().get());
  }
  instance.fill_function_objects();
  abi::TrapCode trap = abi::TrapCode::none;
  for (size_t i = module.imported_globals; i < module.globals.size(); ++i) {
    const module::Global& global = module.globals[i];
    const std::optional<abi::Slot> value = evaluate(instance, global.init, trap);
    if (!value) return trap;
    instance.add_defined_global(canonical(module, global.type.type), global.type.is_mutable) = *value;
  }
  for (size_t i = module.imported_tables; i < module.tables.size(); ++i) {
    module::TableType type = module.tables[i].type;
    type.element = canonical(module, type.element);
    std::optional<abi::Slot> initial = abi::Slot{};
    if (module.tables[i].init) initial = evaluate(instance, *module.tables[i].init, trap);
    if (!initial) return trap;
    tables_.push_back(TRY(Table::create(type, initial->low)));
    instance.add_table(tables_.back().get());
  }
  return abi::TrapCode::none;
}

Result<Instantiation> Store::instantiate(std::shared_ptr<const LoadedModule> loaded, std::string name) {
  CHECK(loaded->types == types_);
  const auto missing = missing_imports(*loaded);
  if (!missing.empty()) return unlinkable(missing);

  // The store keeps even an instance that fails below: tables of others may refer to its functions.
  instances_.push_back(std::make_unique<Instance>(*this, std::move(loaded), std::move(name)));
  Instance& instance = *instances_.back();
  import_all(instance);
  abi::TrapCode trap = TRY(allocate_all(instance));
  register_code(instance);

  Instantiation result;
  if (trap == abi::TrapCode::none) trap = apply_segments(instance);
  if (trap != abi::TrapCode::none) {
    result.outcome.kind = Outcome::Kind::Trapped;
    result.outcome.trap.message = abi::to_string(trap);
    return result;
  }
  if (instance.module().start) result.outcome = invoke(instance.function(*instance.module().start), {});
  if (result.outcome.kind == Outcome::Kind::Returned) result.instance = &instance;
  return result;
}

}  // namespace wasmrun::runtime
