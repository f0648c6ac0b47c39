// Headers of versions 2 to 5, and the state machine. spec: DWARF 5, section 6.2
#include "engine/dwarf/line_program.h"

namespace wasmrun::dwarf {
namespace {

// Standard opcodes.
constexpr uint8_t kCopy = 1, kAdvancePc = 2, kAdvanceLine = 3, kSetFile = 4, kSetColumn = 5, kConstAddPc = 8, kFixedAdvancePc = 9;
// Extended opcodes.
constexpr uint8_t kEndSequence = 1, kSetAddress = 2, kDefineFile = 3;
// What an entry of a file or folder consists of, in version 5.
constexpr uint64_t kPath = 1, kFolderIndex = 2;

bool is_absolute(std::string_view path) { return !path.empty() && path.front() == '/'; }

}  // namespace

std::optional<LineProgram> LineProgram::read(const Sections& sections, const Unit& unit, Budget& budget) {
  if (!unit.stmt_list.is_there()) return std::nullopt;
  Encoding encoding = unit.encoding;
  ByteReader whole(bytes_from(sections.line, unit.stmt_list.number));
  ByteReader reader(read_initial_length(whole, encoding));
  LineProgram program;
  if (whole.failed() || !program.read_header(sections, unit, reader, encoding, budget)) return std::nullopt;
  return program;
}

bool LineProgram::read_header(const Sections& sections, const Unit& unit, ByteReader& reader, Encoding encoding, Budget& budget) {
  encoding.version = reader.read_fixed<uint16_t>();
  if (encoding.version < 2 || encoding.version > 5) return false;
  if (encoding.version >= 5) {
    encoding.address_size = reader.read_u8();
    reader.read_u8();  // the size of segment selectors
  }
  const uint64_t header_length = read_sized(reader, encoding.offset_size);
  const Bytes header = reader.read_bytes(header_length);
  program_ = {reader.position(), static_cast<size_t>(reader.remaining())};
  if (reader.failed() || !budget.spend(header.size())) return false;
  ByteReader fields(header);
  min_instruction_length_ = fields.read_u8();
  if (encoding.version >= 4) fields.read_u8();  // operations an instruction: one on every machine but VLIW
  fields.read_u8();                             // whether rows are statements at first
  line_base_ = static_cast<int8_t>(fields.read_u8());
  line_range_ = fields.read_u8();
  opcode_base_ = fields.read_u8();
  if (fields.failed() || line_range_ == 0 || opcode_base_ == 0) return false;
  opcode_lengths_ = fields.read_bytes(opcode_base_ - 1u);
  address_size_ = encoding.address_size;
  compilation_folder_ = string_of(sections, unit, unit.comp_dir);
  const bool has_names = encoding.version >= 5 ? read_names_of_5(sections, unit, fields, encoding, budget) : read_names_of_4(fields);
  return has_names && !fields.failed();
}

bool LineProgram::read_names_of_4(ByteReader& reader) {
  const Encoding encoding;
  const auto text = [&] { return read_value(reader, form::kString, 0, encoding).text; };
  folders_.push_back(compilation_folder_);
  for (std::string_view folder = text(); !folder.empty(); folder = text()) folders_.push_back(folder);
  for (std::string_view name = text(); !name.empty(); name = text()) {
    files_.push_back({name, reader.read_u64()});
    reader.read_u64();  // time
    reader.read_u64();  // size
  }
  first_file_ = 1;
  return true;
}

bool LineProgram::read_names_of_5(const Sections& sections, const Unit& unit, ByteReader& reader, const Encoding& encoding,
                                  Budget& budget) {
  struct Field {
    uint64_t kind, form;
  };
  const auto read_table = [&](auto add) {
    std::vector<Field> fields;
    const uint8_t field_count = reader.read_u8();
    for (uint8_t i = 0; i < field_count; ++i) {
      const uint64_t kind = reader.read_u64();
      fields.push_back({kind, reader.read_u64()});
    }
    const uint64_t count = reader.read_u64();
    // Entries without fields would have no size.
    if (count > reader.remaining() || (fields.empty() && count > 0)) return false;
    for (uint64_t i = 0; i < count && !reader.failed(); ++i) {
      File file;
      for (const Field& field : fields) {
        const AttributeValue value = read_value(reader, field.form, 0, encoding);
        if (field.kind == kPath) file.name = string_of(sections, unit, value);
        if (field.kind == kFolderIndex) file.folder = value.number;
      }
      // Bounded when no field takes a byte, too.
      if (!budget.spend(fields.size())) return false;
      add(file);
    }
    return !reader.failed();
  };
  first_file_ = 0;
  return read_table([&](const File& file) { folders_.push_back(file.name); }) &&
         read_table([&](const File& file) { files_.push_back(file); });
}

std::string LineProgram::file_name(uint64_t file) const {
  if (file < first_file_ || file - first_file_ >= files_.size()) return {};
  const File& entry = files_[static_cast<size_t>(file - first_file_)];
  std::string name(entry.name);
  if (is_absolute(name) || name.empty() || entry.folder == 0 || entry.folder >= folders_.size()) return name;
  const std::string_view folder = folders_[static_cast<size_t>(entry.folder)];
  if (folder.empty()) return name;
  return std::string(folder) + (folder.back() == '/' ? "" : "/") + name;
}

void LineProgram::State::reset() {
  now_ = {0, 1, 1, 0, 0};
  has_last_ = false;
  is_dropped_ = false;
  ends_sequence_ = false;
}

bool LineProgram::State::next(ByteReader& reader, Budget& budget, LineRow& row, uint64_t& end) {
  while (!reader.at_end()) {
    const uint64_t begin = reader.offset();
    const uint8_t opcode = reader.read_u8();
    bool emits = false;
    if (opcode >= program_.opcode_base_) {
      const uint8_t adjusted = static_cast<uint8_t>(opcode - program_.opcode_base_);
      advance(adjusted / program_.line_range_);
      now_.line += static_cast<uint64_t>(program_.line_base_ + adjusted % program_.line_range_);
      emits = true;
    } else {
      emits = opcode == 0 ? extended(reader) : standard(reader, opcode);
    }
    if (reader.failed() || !budget.spend(reader.offset() - begin)) return false;
    if (!emits) continue;
    const bool is_row = has_last_ && !is_dropped_ && last_.address < now_.address;
    if (is_row) {
      row = last_;
      end = now_.address;
    }
    // The first row says where the sequence begins.
    if (!has_last_) {
      now_.sequence = now_.address;
      is_dropped_ = now_.address == 0 || now_.address >= UINT64_MAX - 1;
    }
    has_last_ = true;
    last_ = now_;
    if (ends_sequence_) reset();
    if (is_row) return true;
  }
  return false;
}

// Whether the opcode makes a row.
bool LineProgram::State::extended(ByteReader& reader) {
  const uint64_t length = reader.read_u64();
  ByteReader operand(reader.read_bytes(length));
  if (reader.failed()) return false;
  switch (operand.read_u8()) {
    case kEndSequence: ends_sequence_ = true; return true;
    case kSetAddress: now_.address = read_sized(operand, operand.remaining() == 8 ? 8 : 4); return false;
    case kDefineFile:  // of version 4; no producer for WebAssembly uses it
    default: return false;
  }
}

bool LineProgram::State::standard(ByteReader& reader, uint8_t opcode) {
  switch (opcode) {
    case kCopy: return true;
    case kAdvancePc: advance(reader.read_u64()); return false;
    case kAdvanceLine: now_.line += static_cast<uint64_t>(reader.read_s64()); return false;
    case kSetFile: now_.file = reader.read_u64(); return false;
    case kSetColumn: now_.column = reader.read_u64(); return false;
    case kConstAddPc: advance((255u - program_.opcode_base_) / program_.line_range_); return false;
    case kFixedAdvancePc: now_.address += reader.read_fixed<uint16_t>(); return false;
    default: break;
  }
  // The header says how many operands the others have.
  for (uint8_t i = 0; i < program_.opcode_lengths_[opcode - 1u]; ++i) reader.read_u64();
  return false;
}

}  // namespace wasmrun::dwarf
