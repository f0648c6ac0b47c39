// What the DWARF in a module says about its code.
#include <map>

#include "engine/dwarf/source.h"
#include "engine/engine.h"
#include "engine/engine_impl.h"
#include "engine/runtime/demangle.h"
#include "engine/runtime/instance.h"

namespace wasmrun {

dwarf::Sections dwarf_sections(const module::Module& module) {
  dwarf::Sections sections;
  for (const module::CustomSection& section : module.custom_sections) sections.add(section.name, module.view(section.bytes));
  return sections;
}

void find_source(Trap& trap) {
  std::map<const LoadedModule*, std::vector<BacktraceFrame*>> frames_of;
  for (BacktraceFrame& frame : trap.frames) {
    if (frame.module_offset) frames_of[&frame.instance->loaded()].push_back(&frame);
  }
  for (const auto& [loaded, frames] : frames_of) {
    const module::Module& module = loaded->module;
    std::vector<dwarf::CodeAddress> addresses;
    for (const BacktraceFrame* frame : frames) {
      addresses.push_back({*frame->module_offset - module.code_section.begin,
                           module.functions[frame->function].body.begin - module.code_section.begin});
    }
    const auto found = dwarf::find_source(dwarf_sections(module), addresses);
    for (size_t i = 0; i < frames.size(); ++i) {
      for (const dwarf::SourceFrame& source : found[i])
        frames[i]->source.push_back({runtime::demangle(source.function), source.file, source.line, source.column});
    }
  }
}

}  // namespace wasmrun
