// The type section: rec groups of function, struct and array types.
#include "engine/binary/decoder.h"
#include "engine/instructions/immediates.h"

namespace wasmrun::binary {
namespace {

using module::Feature;
using module::FieldType;
using module::SubType;
using module::ValueType;

/// spec: binary-resulttype
Result<std::vector<ValueType>> read_result_type(Section& section, const char* what, uint32_t limit) {
  const uint32_t count = TRY(read_count(section, what, limit));
  std::vector<ValueType> types;
  types.reserve(plausible_count(section, count, 1));
  for (uint32_t i = 0; i < count && !section.reader.failed(); ++i)
    types.push_back(instructions::read_value_type(section.reader));
  TRY(section.check());
  return types;
}

/// spec: binary-fieldtype
FieldType read_field_type(ByteReader& reader) {
  FieldType field{.type = module::kI32};
  const uint64_t start = reader.offset();
  const uint8_t code = reader.read_u8();
  if (code == 0x78) {
    field.packing = FieldType::Packing::I8;
  } else if (code == 0x77) {
    field.packing = FieldType::Packing::I16;
  } else {
    // What is no value type is called no storage type either.
    ByteReader attempt = reader;
    const bool is_value_type = instructions::read_value_type_after(attempt, code, field.type);
    if (!is_value_type || (attempt.failed() && std::string_view(attempt.error()) == "malformed heap type")) {
      reader.fail("malformed storage type", start);
    } else {
      reader = attempt;
    }
  }
  const uint64_t mutability_start = reader.offset();
  const uint8_t mutability = reader.read_u8();
  if (mutability > 1) reader.fail("malformed mutability", mutability_start);
  field.is_mutable = mutability == 1;
  return field;
}

/// The composite type that begins with `code`, which is consumed. spec: binary-comptype
Result<void> read_composite_type(Section& section, uint8_t code, uint64_t start, SubType& type) {
  switch (code) {
    case 0x60:
      type.kind = SubType::Kind::Func;
      type.func.params = TRY(read_result_type(section, "parameters", module::limits::kParams));
      type.func.results = TRY(read_result_type(section, "results", module::limits::kResults));
      return {};
    case 0x5f: {
      type.kind = SubType::Kind::Struct;
      const uint32_t count = TRY(read_count(section, "fields", module::limits::kStructFields));
      type.fields.reserve(plausible_count(section, count, 2));
      for (uint32_t i = 0; i < count && !section.reader.failed(); ++i)
        type.fields.push_back(read_field_type(section.reader));
      return section.check();
    }
    case 0x5e:
      type.kind = SubType::Kind::Array;
      type.fields.push_back(read_field_type(section.reader));
      return section.check();
    default:
      // The specification reads a 7-bit number, of which such a byte would be the first of several.
      section.reader.fail(code & 0x80 ? "integer representation too long" : "malformed definition type", start);
      return section.check();
  }
}

/// `describes` and `descriptor`, each at most once and in this order. `code` is the byte read at `start`, and then the one
/// after the clauses. spec: custom descriptors proposal
Result<void> read_descriptor_clauses(Section& section, uint8_t& code, uint64_t& start, SubType& type) {
  constexpr uint8_t kDescribes = 0x4c, kDescriptor = 0x4d;
  ByteReader& reader = section.reader;
  if ((code == kDescribes || code == kDescriptor) && !section.module().features.has(Feature::custom_descriptors))
    return section.error(ErrorKind::Malformed,
                         "malformed definition type: custom descriptors need --enable custom-descriptors", start);
  if (code == kDescribes) {
    type.describes = TypeIndex(reader.read_u32());
    start = reader.offset();
    code = reader.read_u8();
  }
  if (code == kDescriptor) {
    type.descriptor = TypeIndex(reader.read_u32());
    start = reader.offset();
    code = reader.read_u8();
  }
  return section.check();
}

/// spec: binary-subtype
Result<void> read_sub_type(Section& section) {
  ByteReader& reader = section.reader;
  uint64_t start = reader.offset();
  uint8_t code = reader.read_u8();
  SubType type;
  if (code == 0x50 || code == 0x4f) {
    type.is_final = code == 0x4f;
    const uint32_t count = reader.read_u32();
    TRY(section.check());
    if (count > 1) return section.error(ErrorKind::Invalid, "sub type has more than one super type", start);
    if (count == 1) type.supertype = TypeIndex(reader.read_u32());
    start = reader.offset();
    code = reader.read_u8();
  }
  TRY(section.check());
  TRY(read_descriptor_clauses(section, code, start, type));
  TRY(read_composite_type(section, code, start, type));
  section.module().types.push_back(std::move(type));
  return {};
}

/// spec: binary-rectype
Result<void> read_rec_type(Section& section) {
  constexpr uint8_t kRec = 0x4e;
  module::Module& module = section.module();
  const uint64_t start = section.reader.offset();
  const auto first = static_cast<uint32_t>(module.types.size());
  uint32_t count = 1;
  if (section.reader.peek_u8() == kRec) {
    section.reader.read_u8();
    count = TRY(read_count(section, "types", module::limits::kTypes, first));
  } else if (first == module::limits::kTypes) {
    return section.error(ErrorKind::Unsupported, "too many types: the limit is " + std::to_string(first), start);
  }
  for (uint32_t i = 0; i < count; ++i) TRY(read_sub_type(section));

  const size_t group = module.rec_groups.size();
  module.rec_groups.push_back({TypeIndex(first), count});
  Result<void> checked = module::check_rec_group_indices(module, group);
  if (!checked.ok()) return section.error(checked.error().kind, checked.error().message, start);
  section.decoder.types.canonicalize(module, group);
  return {};
}

}  // namespace

Result<void> read_type_section(Section& section) {
  const uint32_t count = TRY(read_count(section, "rec groups", module::limits::kRecGroups));
  section.module().rec_groups.reserve(plausible_count(section, count, 2));
  for (uint32_t i = 0; i < count; ++i) TRY(read_rec_type(section));
  return {};
}

}  // namespace wasmrun::binary
