// Shared by print*.cpp: the buffer, identifiers and tokens. Visible: Printer, print_expression (within engine/text).
#pragma once

#include <charconv>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "engine/module/module.h"
#include "engine/module/name_section.h"

namespace wasmrun::text {

/// The identifiers of one index space. Only one of several equal names is an identifier.
class Identifiers {
 public:
  Identifiers() = default;
  explicit Identifiers(const module::NameSection::Names& names);
  /// "$name", or null.
  const std::string* find(uint32_t index) const;

 private:
  std::unordered_map<uint32_t, std::string> ids_;
};

/// "$name", or `$"any name"` where its characters ask for it.
std::string identifier(std::string_view name);

/// Writes tokens into a buffer that is handed on when it is full.
class Printer {
 public:
  Printer(const module::Module& module, const module::NameSection& names, const std::function<void(std::string_view)>& write);

  Printer& operator<<(std::string_view text) {
    out_ += text;
    return *this;
  }
  Printer& operator<<(char c) {
    out_ += c;
    return *this;
  }
  Printer& number(uint64_t value) {
    char digits[20];
    const auto end = std::to_chars(digits, digits + sizeof digits, value);
    out_.append(digits, end.ptr);
    return *this;
  }
  Printer& signed_number(int64_t value) {
    char digits[20];
    const auto end = std::to_chars(digits, digits + sizeof digits, value);
    out_.append(digits, end.ptr);
    return *this;
  }
  /// " 3" or " $name".
  Printer& index(const Identifiers& space, uint32_t index) {
    out_ += ' ';
    if (const std::string* id = space.find(index)) {
      out_ += *id;
      return *this;
    }
    return number(index);
  }
  /// " $name (;3;)" or " (;3;)": where a thing is defined.
  Printer& definition(const Identifiers& space, uint32_t index);
  /// A string of any bytes, in quotes.
  Printer& string(std::string_view bytes);
  /// A new line, `depth` levels in; more than a screen's width of levels are not shown.
  Printer& line(size_t depth);
  void flush();

  /// " (type 3) (param i32) (result i32)".
  void type_use(TypeIndex type);

  const module::Module& module;
  const module::NameSection& names;
  Identifiers functions, tables, memories, globals, tags, elems, datas;

 private:
  const std::function<void(std::string_view)>& write_;
  std::string out_;
};

/// Prints the instructions of a constant expression on one line, each after a space, without the final `end`.
Result<void> print_const_expr(Printer& printer, module::ConstExpr range);

/// Prints locals and instructions of the function, each on a line.
Result<void> print_body(Printer& printer, FuncIndex function);

}  // namespace wasmrun::text
