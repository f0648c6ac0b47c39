// What other tools are told about compiled code: perf_map and register_with_debugger.
#include <algorithm>

#include "engine/dwarf/source.h"
#include "engine/engine.h"
#include "engine/engine_impl.h"
#include "engine/runtime/demangle.h"
#include "engine/runtime/loaded_module.h"
#include "engine/symbols/debugger.h"
#include "engine/symbols/perf_map.h"

namespace wasmrun {
namespace {

symbols::CodeSymbols symbols_of(const LoadedModule& loaded, const std::string& module_name) {
  symbols::CodeSymbols code;
  code.module = module_name;
  if (!loaded.code.code || loaded.code.functions.empty()) return code;
  code.begin = reinterpret_cast<uintptr_t>(loaded.code.code->base());
  code.end = code.begin + loaded.code.code->size_bytes();
  const LoadedModule::FunctionNames names = loaded.read_function_names(loaded.module);
  for (const uint32_t defined : loaded.code.functions_by_address()) {
    const abi::CompiledFunction& function = loaded.code.functions[defined];
    const uint32_t index = loaded.module.imported_functions + defined;
    const auto named = names.find(index);
    std::string name = named != names.end() ? runtime::demangle(named->second) : module_name + "!func[" + std::to_string(index) + "]";
    code.functions.push_back({std::move(name), code.begin + function.code_begin, function.code_end - function.code_begin});
  }
  return code;
}

std::string absolute_name(const dwarf::SourceFile& file) {
  if (file.name.empty() || file.name.front() == '/' || file.folder.empty()) return file.name;
  return file.folder + "/" + file.name;
}

/// Appends the lines of one function's code.
void add_lines(const LoadedModule& loaded, uint32_t defined, const dwarf::SourceLines& source, symbols::CodeSymbols& code) {
  const uint64_t begin = code.begin + loaded.code.functions[defined].code_begin;
  symbols::LineSymbol last{begin, 0, 0};
  bool has_any = false;
  for (const auto& [code_offset, module_offset] : loaded.code.locations_of(defined)) {
    const dwarf::SourceLine* const found = module_offset == 0 ? nullptr : source.find(module_offset - loaded.module.code_section.begin);
    if (!has_any && !found) continue;
    // What lies before the first line, the prologue too, is of that line.
    const symbols::LineSymbol line{has_any ? code.begin + code_offset : begin, found ? found->file : 0, found ? found->line : 0};
    if (has_any && line.file == last.file && line.line == last.line) continue;
    has_any = true;
    last = line;
    code.lines.push_back(line);
  }
}

}  // namespace

std::string perf_map(const LoadedModule& loaded, const std::string& module_name) {
  return symbols::perf_map(symbols_of(loaded, module_name));
}

void register_with_debugger(const LoadedModule& loaded, const std::string& module_name) {
  symbols::CodeSymbols code = symbols_of(loaded, module_name);
  if (code.functions.empty()) return;
  if (loaded.code.locations_are_ranges) {
    std::vector<uint64_t> begins;
    for (uint32_t i = loaded.module.imported_functions; i < loaded.module.functions.size(); ++i)
      begins.push_back(loaded.module.functions[i].body.begin - loaded.module.code_section.begin);
    const dwarf::SourceLines source = dwarf::read_source_lines(dwarf_sections(loaded.module), begins);
    for (const dwarf::SourceFile& file : source.files) code.files.push_back(absolute_name(file));
    if (!source.lines.empty()) {
      for (const uint32_t defined : loaded.code.functions_by_address()) add_lines(loaded, defined, source, code);
    }
  }
  symbols::register_symbol_file(symbols::make_symbol_file(code));
}

}  // namespace wasmrun
