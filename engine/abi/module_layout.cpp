// Lays out the arrays behind InstanceHeader, as the picture in instance_layout.h shows.
#include "engine/abi/instance_layout.h"

#include "engine/base/check.h"

namespace wasmrun::abi {

ModuleLayout::ModuleLayout(const module::Module& module) {
  uint64_t end = sizeof(InstanceHeader);
  const auto place = [&end](uint64_t count, uint64_t size_bytes, uint64_t align_bytes) {
    const uint64_t begin = (end + align_bytes - 1) & ~(align_bytes - 1);
    end = begin + count * size_bytes;
    CHECK(end <= INT32_MAX);
    return static_cast<uint32_t>(begin);
  };
  memories = place(module.memories.size(), sizeof(MemoryDescriptor*), 8);
  tables = place(module.tables.size(), sizeof(TableDescriptor*), 8);
  imported_functions = place(module.imported_functions, sizeof(FunctionEntry), 16);
  imported_globals = place(module.imported_globals, sizeof(GlobalCell*), 8);
  defined_globals = place(module.globals.size() - module.imported_globals, sizeof(GlobalCell), 16);
  func_objects = place(module.referenced_functions.size(), sizeof(FuncObject), 8);
  type_ids = place(module.types.size(), sizeof(uint32_t), 4);
  size_bytes = place(0, 0, 16);
}

}  // namespace wasmrun::abi
