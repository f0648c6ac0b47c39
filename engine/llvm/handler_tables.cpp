// See handler_tables.h.
#include "engine/llvm/handler_tables.h"

#include <charconv>
#include <map>
#include <optional>
#include <string>

#include "engine/llvm/bytes.h"

namespace wasmrun::llvm_compiler {

namespace {

Error bad(const char* what) { return Error{ErrorKind::Io, std::string("LLVM made tables of exceptions that cannot be read: ") + what}; }

/// A place in an object.
struct Place {
  uint32_t section = 0;
  uint64_t offset = 0;
  auto operator<=>(const Place&) const = default;
};

struct FrameFacts {
  uint32_t frame_bytes = 0;
  int32_t instance_offset = 0;
};

class Reader {
 public:
  explicit Reader(const Object& object) : object_(object) {}

  Result<std::vector<CatchSite>> read() {
    const uint32_t frames = object_.find_section(".eh_frame");
    if (frames == 0 || object_.find_section(".gcc_except_table") == 0) return std::vector<CatchSite>();
    TRY(read_stack_maps());
    TRY(read_frames(frames));
    return std::move(sites_);
  }

 private:
  /// Where the field at `offset` points, as relocations say.
  std::optional<Place> target_of(uint32_t section, uint64_t offset) const {
    const Object::Relocation* const relocation = object_.find_relocation(section, offset);
    if (!relocation) return std::nullopt;
    const Object::Symbol& symbol = object_.symbols[relocation->symbol];
    if (symbol.section == 0 || symbol.section >= object_.sections.size()) return std::nullopt;
    return Place{symbol.section, symbol.value + static_cast<uint64_t>(relocation->addend)};
  }

  /// Each function has one record, made by Translator::keep_instance_in_frame: a slot of its frame.
  Result<void> read_stack_maps() {
    constexpr uint8_t kVersion = 3, kDirect = 2;
    constexpr uint16_t kRbp = 6;
    const uint32_t section = object_.find_section(".llvm_stackmaps");
    if (section == 0) return bad("no stack maps");
    Bytes bytes(object_.sections[section].bytes);
    if (bytes.fixed<uint8_t>() != kVersion) return bad("stack maps of another version");
    bytes.skip(3);
    const auto functions = bytes.fixed<uint32_t>();
    const auto constants = bytes.fixed<uint32_t>();
    bytes.skip(4);
    struct Function {
      Place place;
      uint64_t frame_bytes, records;
    };
    std::vector<Function> list;
    for (uint32_t i = 0; i < functions && !bytes.failed(); ++i) {
      const auto place = target_of(section, bytes.at());
      bytes.skip(8);
      const auto frame_bytes = bytes.fixed<uint64_t>();
      const auto records = bytes.fixed<uint64_t>();
      if (!place) return bad("a stack map of no function");
      list.push_back({*place, frame_bytes, records});
    }
    bytes.skip(uint64_t{constants} * 8);
    for (const Function& function : list) {
      for (uint64_t i = 0; i < function.records && !bytes.failed(); ++i) {
        bytes.skip(8 + 4 + 2);
        const auto locations = bytes.fixed<uint16_t>();
        if (locations != 1) return bad("a stack map of several places");
        const auto kind = bytes.fixed<uint8_t>();
        bytes.skip(3);
        const auto reg = bytes.fixed<uint16_t>();
        bytes.skip(2);
        const auto offset = bytes.fixed<int32_t>();
        if (kind != kDirect || reg != kRbp) return bad("the instance lies where rbp does not lead");
        align(bytes);
        bytes.skip(2);
        bytes.skip(uint64_t{bytes.fixed<uint16_t>()} * 4);
        align(bytes);
        // The frame's size counts the saved rbp.
        if (function.frame_bytes < 8 || function.frame_bytes > INT32_MAX) return bad("a frame without size");
        frames_[function.place] = {static_cast<uint32_t>(function.frame_bytes - 8), offset};
      }
    }
    return bytes.failed() ? Result<void>(bad("stack maps are cut off")) : Result<void>();
  }

  static void align(Bytes& bytes) { bytes.seek((bytes.at() + 7) & ~size_t{7}); }

  Result<void> read_frames(uint32_t section) {
    constexpr uint64_t kFunctionAt = 4, kFirstAugmentationAt = 4 + 4 + 4;
    Bytes bytes(object_.sections[section].bytes);
    while (!bytes.at_end()) {
      const auto size = bytes.fixed<uint32_t>();
      const size_t begin = bytes.at();
      if (size == 0 || size == UINT32_MAX) break;
      // A description of a function, not what several have in common.
      if (bytes.fixed<uint32_t>() != 0) {
        const auto function = target_of(section, begin + kFunctionAt);
        bytes.seek(begin + kFirstAugmentationAt);
        const uint64_t augmentation = bytes.leb();
        if (!function) return bad("a frame of no function");
        if (augmentation != 0) {
          if (const auto area = target_of(section, bytes.at())) TRY(read_area(*function, *area));
        }
      }
      bytes.seek(begin + size);
    }
    return bytes.failed() ? Result<void>(bad("frames are cut off")) : Result<void>();
  }

  /// The data area of one function.
  Result<void> read_area(const Place& function, const Place& area) {
    constexpr uint8_t kOmitted = 0xff, kUleb = 0x01, kUdata4 = 0x03;
    Bytes bytes(object_.sections[area.section].bytes);
    bytes.seek(area.offset);
    if (bytes.fixed<uint8_t>() != kOmitted) return bad("landing pads count from elsewhere");
    if (bytes.fixed<uint8_t>() == kOmitted) return {};
    const uint64_t types_distance = bytes.leb();
    const uint64_t types_end = bytes.at() + types_distance;
    const auto encoding = bytes.fixed<uint8_t>();
    if (encoding != kUleb && encoding != kUdata4) return bad("call sites are written in another way");
    const uint64_t sites_size = bytes.leb();
    const size_t sites_end = bytes.at() + sites_size;
    const auto number = [&] { return encoding == kUleb ? bytes.leb() : bytes.fixed<uint32_t>(); };
    while (bytes.at() < sites_end && !bytes.failed()) {
      const uint64_t begin = number(), size = number(), landing_pad = number();
      const uint64_t action = bytes.leb();
      if (landing_pad == 0) continue;
      if (action == 0) return bad("a landing pad without clause");
      const auto handler = first_handler(area.section, sites_end + action - 1, types_end);
      const auto frame = frames_.find(function);
      if (!handler || frame == frames_.end()) return bad("a landing pad of nobody");
      sites_.push_back({function.section, function.offset + begin, function.offset + begin + size, function.offset + landing_pad, *handler,
                        frame->second.frame_bytes, frame->second.instance_offset});
    }
    return bytes.failed() ? Result<void>(bad("call sites are cut off")) : Result<void>();
  }

  /// What an action record names: its entry in the table of types leads to a word that leads to the symbol "hN".
  std::optional<uint32_t> first_handler(uint32_t section, uint64_t action, uint64_t types_end) const {
    Bytes bytes(object_.sections[section].bytes);
    bytes.seek(action);
    const int64_t filter = bytes.sleb();
    if (filter <= 0 || bytes.failed()) return std::nullopt;
    const auto word = target_of(section, types_end - static_cast<uint64_t>(filter) * 4);
    if (!word) return std::nullopt;
    const Object::Relocation* const relocation = object_.find_relocation(word->section, word->offset);
    if (!relocation) return std::nullopt;
    const std::string_view name = object_.symbols[relocation->symbol].name;
    uint32_t handler = 0;
    if (!name.starts_with('h')) return std::nullopt;
    const auto end = std::from_chars(name.data() + 1, name.data() + name.size(), handler);
    if (end.ec != std::errc{} || end.ptr != name.data() + name.size()) return std::nullopt;
    return handler;
  }

  const Object& object_;
  std::map<Place, FrameFacts> frames_;
  std::vector<CatchSite> sites_;
};

}  // namespace

Result<std::vector<CatchSite>> catch_sites(const Object& object) { return Reader(object).read(); }

}  // namespace wasmrun::llvm_compiler
