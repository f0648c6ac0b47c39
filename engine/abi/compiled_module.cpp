// Finds functions and module offsets by code address, for traps and backtraces.
#include "engine/abi/compiled_module.h"

#include <algorithm>
#include <numeric>
#include <span>

#include "engine/base/byte_reader.h"

namespace wasmrun::abi {
namespace {

void write_unsigned(std::vector<uint8_t>& bytes, uint64_t value) {
  while (value >= 0x80) {
    bytes.push_back(static_cast<uint8_t>(value) | 0x80);
    value >>= 7;
  }
  bytes.push_back(static_cast<uint8_t>(value));
}

// Small differences of either sign become small unsigned numbers: 0, -1, 1, -2, ...
uint64_t zigzag(int64_t value) { return (static_cast<uint64_t>(value) << 1) ^ static_cast<uint64_t>(value >> 63); }
int64_t unzigzag(uint64_t value) { return static_cast<int64_t>(value >> 1) ^ -static_cast<int64_t>(value & 1); }

}  // namespace

void LocationWriter::add(uint32_t code_offset, uint64_t location) {
  CHECK(code_offset >= code_);
  write_unsigned(bytes_, code_offset - code_);
  write_unsigned(bytes_, zigzag(static_cast<int64_t>(location - location_)));
  code_ = code_offset;
  location_ = location;
}

void CompiledModule::build_index() {
  by_address_.resize(functions.size());
  std::iota(by_address_.begin(), by_address_.end(), 0u);
  std::sort(by_address_.begin(), by_address_.end(),
            [this](uint32_t a, uint32_t b) { return functions[a].code_begin < functions[b].code_begin; });
  std::sort(handler_sites.begin(), handler_sites.end(),
            [](const HandlerSite& a, const HandlerSite& b) { return a.return_address < b.return_address; });
}

void CompiledModule::restore_index(std::vector<uint32_t> functions_by_address) { by_address_ = std::move(functions_by_address); }

std::optional<uint32_t> CompiledModule::find_function(const void* address) const {
  if (!code || !code->contains(address)) return std::nullopt;
  const auto offset = static_cast<uint32_t>(static_cast<const uint8_t*>(address) - code->base());
  auto next = std::upper_bound(by_address_.begin(), by_address_.end(), offset,
                               [this](uint32_t value, uint32_t f) { return value < functions[f].code_begin; });
  if (next == by_address_.begin()) return std::nullopt;
  const uint32_t function = *--next;
  if (offset >= functions[function].code_end) return std::nullopt;
  return function;
}

const HandlerSite* CompiledModule::find_handlers(const void* return_address) const {
  if (handler_sites.empty()) return nullptr;
  const auto offset = static_cast<uint32_t>(static_cast<const uint8_t*>(return_address) - code->base());
  const auto found = std::lower_bound(handler_sites.begin(), handler_sites.end(), offset,
                                      [](const HandlerSite& site, uint32_t value) { return site.return_address < value; });
  return found != handler_sites.end() && found->return_address - offset < found->code_bytes ? &*found : nullptr;
}

std::optional<uint64_t> CompiledModule::find_location(uint32_t defined_function, const void* address, bool is_return_address) const {
  const CompiledFunction& function = functions[defined_function];
  auto wanted = static_cast<uint64_t>(static_cast<const uint8_t*>(address) - code->base());
  if (locations_are_ranges && is_return_address) --wanted;  // into the call
  const std::span<const uint8_t> list = location_lists[function.location_list].span();
  TrustedReader reader(list.subspan(function.location_begin, function.location_end - function.location_begin));
  uint64_t code_offset = function.code_begin;
  uint64_t location = 0;
  while (!reader.at_end()) {
    const uint64_t before = location;
    code_offset += reader.read_u64();
    location += static_cast<uint64_t>(unzigzag(reader.read_u64()));
    if (!locations_are_ranges && code_offset == wanted) return location;
    if (code_offset > wanted) {
      if (locations_are_ranges && before != 0) return before;
      return std::nullopt;
    }
  }
  if (locations_are_ranges && location != 0) return location;
  return std::nullopt;
}

const InlinedLocation* CompiledModule::find_inlined(uint64_t location) const {
  const uint64_t index = location - InlinedLocation::kFlag;
  return location >= InlinedLocation::kFlag && index < inlined.size() ? &inlined[index] : nullptr;
}

std::vector<CompiledModule::Place> CompiledModule::find_places(uint32_t defined_function, const void* address, bool is_return_address) const {
  std::vector<Place> places;
  std::optional<uint64_t> location = find_location(defined_function, address, is_return_address);
  const auto known = [](uint64_t offset) { return offset == 0 ? std::nullopt : std::optional(offset); };
  while (const InlinedLocation* const found = location ? find_inlined(*location) : nullptr) {
    places.push_back({found->function, known(found->module_offset)});
    location = known(found->call);
  }
  places.push_back({defined_function, location});
  return places;
}

std::vector<CompiledModule::Location> CompiledModule::locations_of(uint32_t defined_function) const {
  const CompiledFunction& function = functions[defined_function];
  const std::span<const uint8_t> list = location_lists[function.location_list].span();
  TrustedReader reader(list.subspan(function.location_begin, function.location_end - function.location_begin));
  std::vector<Location> locations;
  uint32_t code_offset = function.code_begin;
  uint64_t location = 0;
  while (!reader.at_end()) {
    code_offset += reader.read_u32();
    location += static_cast<uint64_t>(unzigzag(reader.read_u64()));
    const InlinedLocation* const found = find_inlined(location);
    locations.push_back({code_offset, found ? found->module_offset : location});
  }
  return locations;
}

}  // namespace wasmrun::abi
