// See link.h.
#include "engine/llvm/link.h"

#include <elf.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <iterator>

#include "engine/llvm/handler_tables.h"
#include "engine/llvm/locations.h"
#include "engine/llvm/object.h"

namespace wasmrun::llvm_compiler {

namespace {

/// The function's index; nothing for other symbols.
std::optional<uint32_t> function_of(std::string_view symbol) {
  uint32_t index = 0;
  if (!symbol.starts_with('f')) return std::nullopt;
  const auto end = std::from_chars(symbol.data() + 1, symbol.data() + symbol.size(), index);
  if (end.ec != std::errc{} || end.ptr != symbol.data() + symbol.size()) return std::nullopt;
  return index;
}

using abi::InlinedLocation;

class Linker {
 public:
  explicit Linker(const module::Module& module) : module_(module) {
    result_.functions.resize(module.functions.size() - module.imported_functions);
  }

  Result<abi::CompiledModule> link(const std::vector<std::string>& bytes, const abi::ModuleCompilation::CompileRest& rest) {
    for (const std::string& object : bytes) {
      objects_.push_back(TRY(Object::read({reinterpret_cast<const uint8_t*>(object.data()), object.size()})));
    }
    if (const std::vector<FuncIndex> missing = find_missing(); !missing.empty()) rest_ = TRY(rest(missing));
    TRY(place());
    for (size_t i = 0; i < objects_.size(); ++i) TRY(define(i));
    if (rest_.code) add_rest();
    for (const abi::CompiledFunction& function : result_.functions) {
      if (function.code_end == 0) return Error{ErrorKind::Io, "LLVM left out a function"};
    }
    connect_rest();
    for (size_t i = 0; i < objects_.size(); ++i) TRY(relocate(i));
    for (size_t i = 0; i < objects_.size(); ++i) TRY(add_handlers(i));
    TRY(result_.code->seal());
    result_.locations_are_ranges = true;
    result_.build_index();
    return std::move(result_);
  }

 private:
  /// Code and constants. The tables of exceptions are read here and not loaded.
  static bool is_loaded(const Object::Section& section) {
    return section.flags & SHF_ALLOC && section.size_bytes > 0 && (section.flags & SHF_EXECINSTR || section.name.starts_with(".rodata"));
  }

  /// The function that a symbol of `object` defines, if it does.
  std::optional<uint32_t> defined_by(const Object& object, const Object::Symbol& symbol) const {
    const auto function = function_of(symbol.name);
    if (!function || symbol.section == 0 || symbol.section >= object.sections.size()) return std::nullopt;
    if (*function < module_.imported_functions || *function >= module_.functions.size()) return std::nullopt;
    return *function - module_.imported_functions;
  }

  std::vector<FuncIndex> find_missing() const {
    std::vector<bool> is_there(result_.functions.size());
    for (const Object& object : objects_) {
      for (const Object::Symbol& symbol : object.symbols) {
        if (const auto function = defined_by(object, symbol)) is_there[*function] = true;
      }
    }
    std::vector<FuncIndex> missing;
    for (uint32_t i = 0; i < is_there.size(); ++i) {
      if (!is_there[i]) missing.push_back(FuncIndex(module_.imported_functions + i));
    }
    return missing;
  }

  /// Lays the loaded sections of all objects one behind the other, and the code of the rest behind them.
  Result<void> place() {
    uint64_t end = 0;
    for (const Object& object : objects_) {
      auto& places = places_.emplace_back(object.sections.size(), 0);
      for (size_t i = 0; i < object.sections.size(); ++i) {
        const Object::Section& section = object.sections[i];
        if (!is_loaded(section)) continue;
        const uint64_t align = std::max<uint64_t>(section.align_bytes, 16);
        end = (end + align - 1) / align * align;
        places[i] = end;
        end += section.size_bytes;
      }
    }
    end = (end + kRestAlign - 1) / kRestAlign * kRestAlign;
    rest_begin_ = static_cast<uint32_t>(end);
    if (rest_.code) end += rest_.code->size_bytes();
    if (end > INT32_MAX) return Error{ErrorKind::Unsupported, "module too large: the code of its functions exceeds the space for it"};
    result_.code = TRY(abi::CodeSpace::create(std::max<uint64_t>(end, 1)));
    // Sections keep their alignment: the space begins at a page.
    uint8_t* const base = result_.code->allocate(end);
    if (end > 0 && (!base || base != result_.code->base())) return Error{ErrorKind::Io, "no space for the code"};
    for (size_t o = 0; o < objects_.size(); ++o) {
      for (size_t i = 0; i < objects_[o].sections.size(); ++i) {
        const Object::Section& section = objects_[o].sections[i];
        if (is_loaded(section)) std::memcpy(base + places_[o][i], section.bytes.data(), section.bytes.size());
      }
    }
    if (rest_.code) std::memcpy(base + rest_begin_, rest_.code->base(), rest_.code->size_bytes());
    return {};
  }

  Result<void> define(size_t index) {
    const Object& object = objects_[index];
    const std::vector<LineRow> rows = TRY(object.line_rows());
    const auto first_inlined = static_cast<uint32_t>(result_.inlined.size());
    TRY(add_inlined(object));
    const auto location_of = [&](uint32_t line) { return line < InlinedLocation::kFlag ? line : line + first_inlined; };
    std::vector<uint8_t> locations;
    for (const Object::Symbol& symbol : object.symbols) {
      const auto function = defined_by(object, symbol);
      if (!function) continue;
      abi::CompiledFunction& compiled = result_.functions[*function];
      const uint64_t section = places_[index][symbol.section];
      compiled.code_begin = static_cast<uint32_t>(section + symbol.value);
      compiled.code_end = static_cast<uint32_t>(section + symbol.value + symbol.size_bytes);
      compiled.location_list = static_cast<uint32_t>(result_.location_lists.size());
      compiled.location_begin = static_cast<uint32_t>(locations.size());
      abi::LocationWriter writer(locations, compiled.code_begin);
      auto row = std::lower_bound(rows.begin(), rows.end(), symbol, [](const LineRow& row, const Object::Symbol& function) {
        return row.section != function.section ? row.section < function.section : row.address < function.value;
      });
      for (; row != rows.end() && row->section == symbol.section && row->address < symbol.value + symbol.size_bytes; ++row) {
        if (row->is_end) continue;
        const uint32_t location = location_of(row->line);
        if (location >= InlinedLocation::kFlag + result_.inlined.size()) return Error{ErrorKind::Io, "LLVM made code of a function inlined nowhere"};
        writer.add(static_cast<uint32_t>(section + row->address), location);
      }
      compiled.location_end = static_cast<uint32_t>(locations.size());
    }
    result_.location_lists.emplace_back(std::move(locations));
    return {};
  }

  /// The code of the rest is the same wherever it lies: only offsets change. Its handlers come first, so that their numbers stay.
  void add_rest() {
    CHECK(rest_.locations_are_ranges && result_.handlers.empty());
    const auto first_list = static_cast<uint32_t>(result_.location_lists.size());
    for (size_t i = 0; i < result_.functions.size(); ++i) {
      abi::CompiledFunction function = rest_.functions[i];
      if (function.code_end == 0) continue;
      function.code_begin += rest_begin_;
      function.code_end += rest_begin_;
      function.location_list += first_list;
      result_.functions[i] = function;
    }
    std::move(rest_.location_lists.begin(), rest_.location_lists.end(), std::back_inserter(result_.location_lists));
    for (abi::Handler handler : rest_.handlers) {
      handler.landing_pad += rest_begin_;
      result_.handlers.push_back(handler);
    }
    for (abi::HandlerSite site : rest_.handler_sites) {
      site.return_address += rest_begin_;
      result_.handler_sites.push_back(site);
    }
  }

  void connect_rest() {
    for (const abi::OpenCall& call : rest_.open_calls) {
      const uint32_t place = rest_begin_ + call.code_offset;
      const uint32_t distance = result_.functions[call.function - module_.imported_functions].code_begin - (place + 4);
      std::memcpy(result_.code->base() + place, &distance, sizeof distance);
    }
  }

  Result<void> add_inlined(const Object& object) {
    constexpr uint32_t kFlag = InlinedLocation::kFlag;
    const uint32_t section = object.find_section(kInlinedSection);
    if (section == 0) return {};
    const auto first = static_cast<uint32_t>(result_.inlined.size());
    const std::span<const uint8_t> bytes = object.sections[section].bytes;
    for (size_t at = 0; at + sizeof(InlinedLocation) <= bytes.size(); at += sizeof(InlinedLocation)) {
      InlinedLocation location;
      std::memcpy(&location, bytes.data() + at, sizeof location);
      if (location.function < module_.imported_functions || location.function >= module_.functions.size()) {
        return Error{ErrorKind::Io, "LLVM inlined no function of the module"};
      }
      location.function -= module_.imported_functions;
      if (location.call >= kFlag) location.call += first;
      if (location.call >= kFlag + result_.inlined.size()) return Error{ErrorKind::Io, "LLVM inlined a function in none"};
      result_.inlined.push_back(location);
    }
    return {};
  }

  Result<void> relocate(size_t index) {
    const Object& object = objects_[index];
    uint8_t* const base = result_.code->base();
    for (size_t section = 0; section < object.sections.size(); ++section) {
      if (!is_loaded(object.sections[section])) continue;
      for (const Object::Relocation& relocation : object.relocations[section]) {
        if (relocation.symbol >= object.symbols.size()) return Error{ErrorKind::Io, "LLVM made a relocation of no symbol"};
        const Object::Symbol& symbol = object.symbols[relocation.symbol];
        uint64_t target;
        if (symbol.section != 0 && symbol.section < object.sections.size()) {
          if (!is_loaded(object.sections[symbol.section])) {
            return Error{ErrorKind::Io, "LLVM made code that needs section '" + std::string(object.sections[symbol.section].name) + "'"};
          }
          target = places_[index][symbol.section] + symbol.value;
        } else if (const auto function = function_of(symbol.name); function && *function >= module_.imported_functions && *function < module_.functions.size()) {
          target = result_.functions[*function - module_.imported_functions].code_begin;
        } else {
          return Error{ErrorKind::Unsupported, "LLVM calls '" + std::string(symbol.name) + "', which compiled code does not have"};
        }
        const uint64_t place = places_[index][section] + relocation.offset;
        const uint64_t value = target + static_cast<uint64_t>(relocation.addend) - place;
        switch (relocation.type) {
          case R_X86_64_PC32:
          case R_X86_64_PLT32: {
            const auto distance = static_cast<uint32_t>(value);
            std::memcpy(base + place, &distance, sizeof distance);
            break;
          }
          case R_X86_64_PC64: std::memcpy(base + place, &value, sizeof value); break;
          default: return Error{ErrorKind::Unsupported, "LLVM made a relocation of type " + std::to_string(relocation.type)};
        }
      }
    }
    return {};
  }

  Result<void> add_handlers(size_t index) {
    const Object& object = objects_[index];
    const uint32_t section = object.find_section(kHandlersSection);
    if (section == 0) return {};
    const auto first = static_cast<uint32_t>(result_.handlers.size());
    const std::span<const uint8_t> bytes = object.sections[section].bytes;
    for (size_t at = 0; at + sizeof(abi::Handler) <= bytes.size(); at += sizeof(abi::Handler)) {
      abi::Handler handler;
      std::memcpy(&handler, bytes.data() + at, sizeof(handler));
      if (handler.next != abi::Handler::kNone) {
        if (handler.next >= bytes.size() / sizeof(abi::Handler)) return Error{ErrorKind::Io, "LLVM made a handler that leads nowhere"};
        handler.next += first;
      }
      result_.handlers.push_back(handler);
    }
    for (const CatchSite& found : TRY(catch_sites(object))) {
      const uint64_t base = places_[index][found.section];
      abi::HandlerSite& site = result_.handler_sites.emplace_back();
      site.return_address = static_cast<uint32_t>(base + found.end);
      site.code_bytes = static_cast<uint32_t>(found.end - found.begin);
      site.landing_pad = static_cast<uint32_t>(base + found.landing_pad);
      site.frame_bytes = found.frame_bytes;
      site.instance_offset = found.instance_offset;
      if (found.first_handler >= result_.handlers.size() - first || found.landing_pad >= object.sections[found.section].size_bytes) {
        return Error{ErrorKind::Io, "LLVM made a landing pad of no handler"};
      }
      site.first_handler = first + found.first_handler;
    }
    return {};
  }

  static constexpr uint64_t kRestAlign = 64;

  const module::Module& module_;
  std::vector<Object> objects_;
  std::vector<std::vector<uint64_t>> places_;  ///< by object and section
  abi::CompiledModule rest_;
  uint32_t rest_begin_ = 0;
  abi::CompiledModule result_;
};

}  // namespace

Result<abi::CompiledModule> link(const module::Module& module, const std::vector<std::string>& objects, const abi::ModuleCompilation::CompileRest& rest) {
  return Linker(module).link(objects, rest);
}

}  // namespace wasmrun::llvm_compiler
