// Rules of tables and element segments. spec: valid-instr-table
#include "engine/validate/body.h"

namespace wasmrun::validate {

using module::kI32;
using module::TableType;

static ValueType address_of(const TableType& table) {
  return value_type(table.limits.address_type);
}

bool Body::find_table(TableIndex index, const TableType*& type) {
  if (index.value >= module_.tables.size()) return unknown("table", index.value);
  type = &module_.tables[index.value].type;
  return true;
}

bool Body::check_elem(ElemIndex index) {
  return index.value < module_.elems.size() || unknown("elem segment", index.value);
}

bool Body::table_get(const imm::TableIndex& table) {
  const TableType* type = nullptr;
  return find_table(table.index, type) && replace({address_of(*type)}, {type->element});
}

bool Body::table_set(const imm::TableIndex& table) {
  const TableType* type = nullptr;
  return find_table(table.index, type) && replace({type->element, address_of(*type)}, {});
}

bool Body::table_size(const imm::TableIndex& table) {
  const TableType* type = nullptr;
  return find_table(table.index, type) && push(address_of(*type));
}

bool Body::table_grow(const imm::TableIndex& table) {
  const TableType* type = nullptr;
  count_call();
  return find_table(table.index, type) && replace({address_of(*type), type->element}, {address_of(*type)});
}

bool Body::table_fill(const imm::TableIndex& table) {
  const TableType* type = nullptr;
  count_call();
  return find_table(table.index, type) && replace({address_of(*type), type->element, address_of(*type)}, {});
}

bool Body::table_copy(const imm::TablePair& tables) {
  const TableType* destination = nullptr;
  const TableType* source = nullptr;
  count_call();
  if (!find_table(tables.first, destination) || !find_table(tables.second, source)) return false;
  if (!matches(source->element, destination->element)) return mismatch(destination->element, source->element);
  const ValueType to = address_of(*destination);
  const ValueType from = address_of(*source);
  return replace({to == from ? to : kI32, from, to}, {});
}

bool Body::table_init(const imm::ElemTable& init) {
  const TableType* type = nullptr;
  count_call();
  if (!find_table(init.second, type) || !check_elem(init.first)) return false;
  const ValueType element = module_.elems[init.first.value].type;
  if (!matches(element, type->element)) return mismatch(type->element, element);
  return replace({kI32, kI32, address_of(*type)}, {});
}

bool Body::elem_drop(const imm::ElemIndex& elem) {
  count_call();
  return check_elem(elem.index);
}

}  // namespace wasmrun::validate
