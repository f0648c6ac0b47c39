// The code section. Bodies stay bytes: only their extent and the number of their locals are looked at.
#include <limits>

#include "engine/binary/decoder.h"
#include "engine/instructions/immediates.h"

namespace wasmrun::binary {
namespace {

constexpr uint8_t kEnd = 0x0b;

/// Declarations of locals: runs of one type. spec: binary-local
void pass_over_locals(ByteReader& reader) {
  uint64_t total = 0;
  const uint32_t runs = reader.read_u32();
  for (uint32_t i = 0; i < runs && !reader.failed(); ++i) {
    const uint64_t start = reader.offset();
    total += reader.read_u32();
    if (total > std::numeric_limits<uint32_t>::max()) reader.fail("too many locals", start);
    instructions::read_value_type(reader);
  }
}

/// Why the body that begins at `begin` does not end where it says: what the specification's reader, which looks at the
/// size only afterwards, finds first.
Error misfit(const Section& section, uint64_t begin) {
  Section whole{section.decoder, ByteReader(section.module().view({begin, section.module().bytes.size()}), begin),
                section.name, section.end};
  std::vector<FuncIndex> functions;
  pass_over_locals(whole.reader);
  if (!whole.reader.failed()) pass_over_expr(whole.reader, functions);
  const Result<void> found = whole.check();
  return found.ok()
             ? section.error(ErrorKind::Malformed, "section size mismatch: a function body goes past its size", begin)
             : found.error();
}

/// spec: binary-code
Result<module::ByteRange> read_body(Section& section) {
  ByteReader& reader = section.reader;
  const uint64_t start = reader.offset();
  const uint32_t size = reader.read_u32();
  TRY(section.check());
  if (size > reader.remaining())
    return section.error(ErrorKind::Malformed,
                         "length out of bounds: a function body of " + std::to_string(size) + " bytes", start);
  if (size > module::limits::kFunctionBytes)
    return section.error(ErrorKind::Unsupported,
                         "function too large: a body of " + std::to_string(size) + " bytes, the limit is " +
                             std::to_string(module::limits::kFunctionBytes),
                         start);
  const module::ByteRange body{reader.offset(), reader.offset() + size};
  const std::span<const uint8_t> bytes = reader.read_bytes(size);

  ByteReader locals(bytes, body.begin);
  pass_over_locals(locals);
  if (locals.failed() || locals.at_end() || bytes.back() != kEnd) return misfit(section, body.begin);
  return body;
}

}  // namespace

Result<void> read_code_section(Section& section) {
  section.module().code_section = {section.reader.offset(), section.end};
  auto& bodies = section.decoder.bodies;
  const uint32_t count = TRY(read_count(section, "functions", module::limits::kFunctions));
  bodies.reserve(plausible_count(section, count, 3));
  for (uint32_t i = 0; i < count; ++i) bodies.push_back(TRY(read_body(section)));
  return {};
}

}  // namespace wasmrun::binary
