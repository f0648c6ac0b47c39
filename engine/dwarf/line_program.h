// The line number program of a unit. Visible: LineProgram, LineRow.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/dwarf/unit.h"

namespace wasmrun::dwarf {

/// From `address` up to the next row's address the code is of this place.
struct LineRow {
  uint64_t address = 0;
  uint64_t file = 0;
  uint64_t line = 0;
  uint64_t column = 0;
  uint64_t sequence = 0;  ///< the first address of the row's sequence
};

/// The program's header with its files; the rows are computed when asked for. Views go into the sections.
class LineProgram {
 public:
  /// The program of a unit; nothing when it has none or the header is damaged.
  static std::optional<LineProgram> read(const Sections& sections, const Unit& unit, Budget& budget);

  /// The file's name as the compiler was given it: absolute, or relative to the folder where it ran. Empty when there is no such file.
  std::string file_name(uint64_t file) const;
  /// The folder where the compiler ran.
  std::string_view compilation_folder() const { return compilation_folder_; }

  /// Calls `visit(row, end)` for each row that covers addresses, up to and without `end`. Sequences that begin at 0 are those of code
  /// that the linker dropped. What is damaged, or the end of the budget, ends it.
  template <class Visit>
  void for_each_row(Budget& budget, Visit visit) const {
    State state(*this);
    ByteReader reader(program_);
    LineRow row;
    uint64_t end = 0;
    while (state.next(reader, budget, row, end)) visit(row, end);
  }

 private:
  struct File {
    std::string_view name;
    uint64_t folder = 0;
  };
  /// The state machine. spec: DWARF 5, section 6.2.2
  class State {
   public:
    explicit State(const LineProgram& program) : program_(program) { reset(); }
    bool next(ByteReader& reader, Budget& budget, LineRow& row, uint64_t& end);

   private:
    void reset();
    void advance(uint64_t operations) { now_.address += operations * program_.min_instruction_length_; }
    bool extended(ByteReader& reader);
    bool standard(ByteReader& reader, uint8_t opcode);

    const LineProgram& program_;
    LineRow now_;
    LineRow last_;
    bool has_last_ = false;
    bool is_dropped_ = false;
    bool ends_sequence_ = false;
  };

  bool read_header(const Sections& sections, const Unit& unit, ByteReader& reader, Encoding encoding, Budget& budget);
  bool read_names_of_4(ByteReader& reader);
  bool read_names_of_5(const Sections& sections, const Unit& unit, ByteReader& reader, const Encoding& encoding, Budget& budget);

  Bytes program_;
  uint8_t address_size_ = 4;
  uint8_t min_instruction_length_ = 1;
  int8_t line_base_ = 0;
  uint8_t line_range_ = 1;
  uint8_t opcode_base_ = 1;
  Bytes opcode_lengths_;
  std::string_view compilation_folder_;
  std::vector<std::string_view> folders_;  // [0] is the compilation's
  std::vector<File> files_;
  uint64_t first_file_ = 1;
};

}  // namespace wasmrun::dwarf
