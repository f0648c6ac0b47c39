// The host module `spectest`, as the reference interpreter defines it.
#include "spec-tests/spectest.h"

namespace wasmrun::spec_tests {
namespace {

HostOutcome ignore(void*, Caller&, const RawValue*, RawValue*) {
  return HostOutcome::returned();
}

RawValue i32(uint32_t value) {
  RawValue raw{};
  raw.i32 = value;
  return raw;
}
RawValue i64(uint64_t value) {
  RawValue raw{};
  raw.i64 = value;
  return raw;
}
RawValue f32(float value) {
  RawValue raw{};
  raw.f32 = value;
  return raw;
}
RawValue f64(double value) {
  RawValue raw{};
  raw.f64 = value;
  return raw;
}

}  // namespace

Result<void> define_spectest(Store& store) {
  using namespace module;
  const auto print = [&](const char* name, std::vector<ValueType> params) {
    store.define("spectest", name, HostFunction{FuncType{std::move(params), {}}, ignore, nullptr});
  };
  print("print", {});
  print("print_i32", {kI32});
  print("print_i64", {kI64});
  print("print_f32", {kF32});
  print("print_f64", {kF64});
  print("print_i32_f32", {kI32, kF32});
  print("print_f64_f64", {kF64, kF64});
  store.define_global("spectest", "global_i32", {kI32, false}, i32(666));
  store.define_global("spectest", "global_i64", {kI64, false}, i64(666));
  store.define_global("spectest", "global_f32", {kF32, false}, f32(666.6f));
  store.define_global("spectest", "global_f64", {kF64, false}, f64(666.6));
  TableType table{kFuncRef, {AddressType::I32, false, 10, 20}};
  TRY(store.define_table("spectest", "table", table));
  table.limits.address_type = AddressType::I64;
  TRY(store.define_table("spectest", "table64", table));
  TRY(store.define_memory("spectest", "memory", MemoryType{{AddressType::I32, false, 1, 2}, 16}));
  TRY(store.define_memory("spectest", "shared_memory", MemoryType{{AddressType::I32, true, 1, 2}, 16}));
  return {};
}

}  // namespace wasmrun::spec_tests
