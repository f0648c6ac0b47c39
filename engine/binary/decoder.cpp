// The pieces that sections are made of: counts, names, reference types.
#include "engine/binary/decoder.h"

#include <algorithm>

#include "engine/base/utf8.h"
#include "engine/instructions/immediates.h"

namespace wasmrun::binary {

Error Section::error(ErrorKind kind, std::string message, uint64_t offset) const {
  message += offset < end ? ": in the " : ": past the end of the ";
  return Error{kind, message + name + " section", offset};
}

Result<void> Section::check() const {
  if (!reader.failed()) return {};
  const std::string_view message = reader.error();
  if (message == "unexpected end")
    return error(ErrorKind::Malformed, "unexpected end of section or function", reader.error_offset());
  const ErrorKind kind = message.starts_with("unknown") ? ErrorKind::Invalid : ErrorKind::Malformed;
  return error(kind, std::string(message), reader.error_offset());
}

Result<uint32_t> read_count(Section& section, const char* what, uint32_t limit, uint64_t already) {
  const uint64_t start = section.reader.offset();
  const uint32_t count = section.reader.read_u32();
  TRY(section.check());
  if (already + count <= limit) return count;
  const std::string found = std::to_string(already + count) + " " + what;
  if (count > section.reader.remaining())
    return section.error(ErrorKind::Malformed, "length out of bounds: no room for " + found, start);
  return section.error(ErrorKind::Unsupported,
                       "too many " + std::string(what) + ": " + found + ", the limit is " + std::to_string(limit),
                       start);
}

size_t plausible_count(const Section& section, uint32_t count, uint64_t min_bytes) {
  const uint64_t offset = section.reader.offset();
  const uint64_t left = offset < section.end ? section.end - offset : 0;
  return static_cast<size_t>(std::min<uint64_t>(count, left / min_bytes));
}

Result<std::string_view> read_name(Section& section) {
  ByteReader& reader = section.reader;
  const uint64_t start = reader.offset();
  const uint32_t length = reader.read_u32();
  TRY(section.check());
  if (length > reader.remaining())
    return section.error(ErrorKind::Malformed, "length out of bounds: a name of " + std::to_string(length) + " bytes",
                         start);
  const std::span<const uint8_t> bytes = reader.read_bytes(length);
  const std::string_view name(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (!is_utf8(name)) return section.error(ErrorKind::Malformed, "malformed UTF-8 encoding", start);
  return name;
}

module::ValueType read_reference_type(ByteReader& reader) {
  const uint64_t start = reader.offset();
  module::ValueType type;
  const uint8_t code = reader.read_u8();
  if (!instructions::read_value_type_after(reader, code, type) || !type.is_ref())
    reader.fail("malformed reference type", start);
  return type;
}

}  // namespace wasmrun::binary
