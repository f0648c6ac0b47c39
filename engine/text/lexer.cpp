// Splits source text into tokens. A string, or a run of identifier characters and strings without space between, is one
// token; which one is decided by looking at the whole run, as the specification's longest-match rule asks.
#include "engine/text/lexer.h"

#include <algorithm>
#include <array>
#include <optional>

#include "engine/base/utf8.h"
#include "engine/text/utf8.h"

namespace wasmrun::text {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_hex_digit(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
uint32_t hex_value(char c) {
  return is_digit(c) ? c - '0' : (c | 0x20) - 'a' + 10;
}

// spec: text-idchar
constexpr std::array<bool, 256> kIdChars = [] {
  std::array<bool, 256> table{};
  for (int c = '0'; c <= '9'; ++c) table[c] = true;
  for (int c = 'a'; c <= 'z'; ++c) table[c] = table[c - 'a' + 'A'] = true;
  for (const char c : std::string_view("!#$%&'*+-./:<=>?@\\^_`|~")) table[static_cast<uint8_t>(c)] = true;
  return table;
}();
bool is_id_char(char c) {
  return kIdChars[static_cast<uint8_t>(c)];
}

// Removes `digit ('_'? digit)*` from the front of `text`; false when it does not begin with a digit.
bool skip_digits(std::string_view& text, bool hex) {
  const auto digit = [&](size_t i) { return i < text.size() && (hex ? is_hex_digit(text[i]) : is_digit(text[i])); };
  if (!digit(0)) return false;
  size_t i = 1;
  while (digit(i) || (i < text.size() && text[i] == '_' && digit(i + 1))) ++i;
  text.remove_prefix(i);
  return true;
}

// spec: text-int, text-float
std::optional<TokenKind> number_kind(std::string_view text) {
  bool has_sign = false;
  if (!text.empty() && (text[0] == '+' || text[0] == '-')) {
    has_sign = true;
    text.remove_prefix(1);
  }
  if (text == "inf" || text == "nan") return TokenKind::Float;
  if (text.starts_with("nan:0x")) {
    text.remove_prefix(6);
    return skip_digits(text, true) && text.empty() ? std::optional(TokenKind::Float) : std::nullopt;
  }
  const bool hex = text.starts_with("0x");
  if (hex) text.remove_prefix(2);
  if (!skip_digits(text, hex)) return std::nullopt;
  if (text.empty()) return has_sign ? TokenKind::Int : TokenKind::Nat;
  if (text[0] == '.') {
    text.remove_prefix(1);
    skip_digits(text, hex);
  }
  if (!text.empty() && (text[0] | 0x20) == (hex ? 'p' : 'e')) {
    text.remove_prefix(1);
    if (!text.empty() && (text[0] == '+' || text[0] == '-')) text.remove_prefix(1);
    if (!skip_digits(text, false)) return std::nullopt;
  }
  return text.empty() ? std::optional(TokenKind::Float) : std::nullopt;
}

// What a run made only of identifier characters is.
TokenKind plain_run_kind(std::string_view text) {
  if (text[0] == '$') return text.size() > 1 ? TokenKind::Id : TokenKind::Reserved;
  if (const auto kind = number_kind(text)) return *kind;
  return text[0] >= 'a' && text[0] <= 'z' ? TokenKind::Keyword : TokenKind::Reserved;
}

class Lexer {
 public:
  explicit Lexer(std::string_view source) : source_(source) {}

  Result<TokenStream> run() {
    if (source_.size() >= (uint64_t{1} << 32) - 1) return Error{ErrorKind::Unsupported, "source text of 4 GiB or more"};
    stream_.source = source_;
    while (!error_ && pos_ < source_.size()) step();
    if (!error_ && annotation_start_) fail("unclosed annotation", *annotation_start_, 2);
    if (error_) return std::move(*error_);
    stream_.tokens.push_back({TokenKind::End, static_cast<uint32_t>(source_.size()), 0});
    return std::move(stream_);
  }

 private:
  char at(size_t i) const { return i < source_.size() ? source_[i] : '\0'; }
  void fail(std::string_view message, size_t offset, size_t length = 1) {
    if (!error_) error_ = malformed_at(source_, message, static_cast<uint32_t>(offset), static_cast<uint32_t>(length));
    pos_ = source_.size();
  }

  void step() {
    const char c = source_[pos_];
    if (c == ' ' || c == '\n' || c == '\t' || c == '\r') {
      ++pos_;
    } else if (c == '(' && at(pos_ + 1) == ';') {
      skip_block_comment();
    } else if (c == ';' && at(pos_ + 1) == ';') {
      skip_line_comment();
    } else if (c == '(' && at(pos_ + 1) == '@' && !annotation_start_) {
      open_annotation();
    } else if (c == '(') {
      if (annotation_start_) ++open_parens_;
      add(TokenKind::LeftParen, pos_, 1);
      ++pos_;
    } else if (c == ')') {
      close_paren();
    } else if (is_id_char(c) || c == '"') {
      read_run();
    } else if (std::string_view(",;[]{}").find(c) != std::string_view::npos) {
      add(TokenKind::Reserved, pos_, 1);
      ++pos_;
    } else {
      fail_at_character("illegal character");
    }
  }

  // The characters at pos_ are not allowed there: says so, or that they are not even UTF-8.
  void fail_at_character(std::string_view message) {
    const size_t length = utf8_length(source_.substr(pos_));
    if (length == 0) return fail("malformed UTF-8 encoding", pos_);
    fail(message, pos_, length);
  }

  void skip_line_comment() {
    while (pos_ < source_.size() && source_[pos_] != '\n' && source_[pos_] != '\r') {
      const size_t length = utf8_length(source_.substr(pos_));
      if (length == 0) return fail("malformed UTF-8 encoding", pos_);
      pos_ += length;
    }
  }

  void skip_block_comment() {
    const size_t start = pos_;
    uint32_t depth = 0;
    while (pos_ < source_.size()) {
      if (source_[pos_] == '(' && at(pos_ + 1) == ';') {
        ++depth;
        pos_ += 2;
      } else if (source_[pos_] == ';' && at(pos_ + 1) == ')') {
        pos_ += 2;
        if (--depth == 0) return;
      } else {
        const size_t length = utf8_length(source_.substr(pos_));
        if (length == 0) return fail("malformed UTF-8 encoding", pos_);
        pos_ += length;
      }
    }
    fail("unclosed comment", start, 2);
  }

  void close_paren() {
    if (annotation_start_ && open_parens_ == 0) {
      annotation_start_.reset();
      keeps_tokens_ = false;
    } else {
      if (annotation_start_) --open_parens_;
      add(TokenKind::RightParen, pos_, 1);
    }
    ++pos_;
  }

  // Inside an annotation another one is only parentheses, so they do not nest here.
  void open_annotation() {
    const size_t start = pos_;
    pos_ += 2;
    std::string id;
    if (at(pos_) == '"') {
      const size_t quote = pos_;
      if (!skip_string("empty annotation id")) return;
      decode_string(source_.substr(quote, pos_ - quote), id);
      if (!is_utf8(id)) return fail("malformed UTF-8 encoding", quote, pos_ - quote);
    } else {
      const size_t begin = pos_;
      while (is_id_char(at(pos_))) ++pos_;
      id = source_.substr(begin, pos_ - begin);
    }
    if (id.empty()) return fail("empty annotation id", start, 2);
    keeps_tokens_ = id == "custom" || id == "name" || id == "metadata.code.branch_hint";
    if (keeps_tokens_) {
      const auto next = static_cast<uint32_t>(stream_.tokens.size());
      stream_.annotations.push_back({static_cast<uint32_t>(start), next, std::move(id), {}});
    }
    annotation_start_ = start;
    open_parens_ = 0;
  }

  // Advances over a string. `control_message` is the failure at a character that strings may not hold.
  bool skip_string(std::string_view control_message = "") {
    const size_t start = pos_++;
    while (pos_ < source_.size()) {
      const char c = source_[pos_];
      if (c == '"') return ++pos_, true;
      if (c == '\\') {
        if (!skip_escape()) return fail("illegal escape", pos_, 2), false;
      } else if (static_cast<uint8_t>(c) < 0x20 || c == 0x7f) {
        if (!control_message.empty()) return fail(control_message, start, pos_ - start), false;
        if (c == '\n') break;
        return fail("illegal control character in string", pos_), false;
      } else {
        const size_t length = utf8_length(source_.substr(pos_));
        if (length == 0) return fail("malformed UTF-8 encoding", pos_), false;
        pos_ += length;
      }
    }
    fail("unclosed string", start, 1);
    return false;
  }

  // spec: text-string
  bool skip_escape() {
    const char c = at(pos_ + 1);
    if (c == 't' || c == 'n' || c == 'r' || c == '"' || c == '\'' || c == '\\') return pos_ += 2, true;
    if (is_hex_digit(c) && is_hex_digit(at(pos_ + 2))) return pos_ += 3, true;
    if (c != 'u' || at(pos_ + 2) != '{') return false;
    std::string_view rest = source_.substr(pos_ + 3);
    const size_t before = rest.size();
    if (!skip_digits(rest, true) || rest.empty() || rest[0] != '}') return false;
    uint64_t value = 0;
    for (const char digit : source_.substr(pos_ + 3, before - rest.size())) {
      if (digit == '_') continue;
      value = value * 16 + hex_value(digit);
      if (value > 0x10ffff) return false;
    }
    if (value >= 0xd800 && value < 0xe000) return false;
    pos_ += 3 + (before - rest.size()) + 1;
    return true;
  }

  void read_run() {
    const size_t start = pos_;
    uint32_t strings = 0;
    size_t first_string = 0;
    while (is_id_char(at(pos_)) || at(pos_) == '"') {
      if (at(pos_) == '"') {
        if (strings++ == 0) first_string = pos_;
        const bool is_id = pos_ == start + 1 && source_[start] == '$';
        if (!skip_string(is_id ? "empty identifier" : "")) return;
      } else {
        ++pos_;
      }
    }
    const std::string_view run = source_.substr(start, pos_ - start);
    TokenKind kind = TokenKind::Reserved;
    if (strings == 0) {
      kind = plain_run_kind(run);
      if (run == "$" && !annotation_start_) return fail("empty identifier", start);
    } else if (strings == 1 && run.back() == '"' && first_string == start) {
      kind = TokenKind::String;
    } else if (strings == 1 && run.back() == '"' && first_string == start + 1 && run[0] == '$') {
      std::string name;
      decode_string(run.substr(1), name);
      if (name.empty()) return fail("empty identifier", start, run.size());
      if (!is_utf8(name)) return fail("malformed UTF-8 encoding", start, run.size());
      kind = TokenKind::Id;
    }
    add(kind, start, run.size());
  }

  void add(TokenKind kind, size_t offset, size_t length) {
    const Token token{kind, static_cast<uint32_t>(offset), static_cast<uint32_t>(length)};
    if (!annotation_start_) {
      stream_.tokens.push_back(token);
    } else if (keeps_tokens_) {
      stream_.annotations.back().tokens.push_back(token);
    }
  }

  std::string_view source_;
  size_t pos_ = 0;
  TokenStream stream_;
  std::optional<size_t> annotation_start_;  // of the annotation that is being read
  uint64_t open_parens_ = 0;                // inside it
  bool keeps_tokens_ = false;
  std::optional<Error> error_;
};

void append_utf8(uint32_t code, std::string& bytes) {
  if (code < 0x80) {
    bytes += static_cast<char>(code);
  } else if (code < 0x800) {
    bytes += static_cast<char>(0xc0 | code >> 6);
    bytes += static_cast<char>(0x80 | (code & 0x3f));
  } else if (code < 0x10000) {
    bytes += static_cast<char>(0xe0 | code >> 12);
    bytes += static_cast<char>(0x80 | (code >> 6 & 0x3f));
    bytes += static_cast<char>(0x80 | (code & 0x3f));
  } else {
    bytes += static_cast<char>(0xf0 | code >> 18);
    bytes += static_cast<char>(0x80 | (code >> 12 & 0x3f));
    bytes += static_cast<char>(0x80 | (code >> 6 & 0x3f));
    bytes += static_cast<char>(0x80 | (code & 0x3f));
  }
}

// The part of the line around a place that fits on a screen, and where in it the place is.
struct Excerpt {
  std::string text;
  size_t column;
};
Excerpt excerpt_of(std::string_view line, size_t column) {
  constexpr size_t kBefore = 60, kWidth = 110;
  size_t begin = column > kBefore ? column - kBefore : 0;
  if (line.size() <= kWidth) begin = 0;
  while (begin > 0 && (static_cast<uint8_t>(line[begin]) & 0xc0) == 0x80) --begin;
  Excerpt excerpt{begin > 0 ? "..." : "", 0};
  excerpt.column = excerpt.text.size() + column - begin;
  for (const char c : line.substr(begin, kWidth)) {
    // The terminal gets no control characters from a file.
    excerpt.text += static_cast<uint8_t>(c) < 0x20 || c == 0x7f ? ' ' : c;
  }
  if (begin + kWidth < line.size()) excerpt.text += "...";
  return excerpt;
}

}  // namespace

Result<TokenStream> lex(std::string_view source) {
  return Lexer(source).run();
}

bool is_nat(std::string_view text) {
  return number_kind(text) == TokenKind::Nat;
}

void decode_string(std::string_view quoted, std::string& bytes) {
  const std::string_view body = quoted.substr(1, quoted.size() - 2);
  for (size_t i = 0; i < body.size(); ++i) {
    if (body[i] != '\\') {
      bytes += body[i];
      continue;
    }
    const char c = body[++i];
    if (c == 't') {
      bytes += '\t';
    } else if (c == 'n') {
      bytes += '\n';
    } else if (c == 'r') {
      bytes += '\r';
    } else if (c == 'u') {
      uint32_t code = 0;
      for (i += 2; body[i] != '}'; ++i) {
        if (body[i] != '_') code = code * 16 + hex_value(body[i]);
      }
      append_utf8(code, bytes);
    } else if (is_hex_digit(c)) {
      bytes += static_cast<char>(hex_value(c) * 16 + hex_value(body[i + 1]));
      ++i;
    } else {
      bytes += c;
    }
  }
}

uint32_t line_of(std::string_view source, uint32_t offset) {
  return 1 + static_cast<uint32_t>(
                 std::count(source.begin(), source.begin() + std::min<size_t>(offset, source.size()), '\n'));
}

std::string describe_error(std::string_view source, std::string_view message, uint32_t offset, uint32_t length) {
  offset = std::min(offset, static_cast<uint32_t>(source.size()));
  const size_t newline = offset == 0 ? std::string_view::npos : source.rfind('\n', offset - 1);
  const size_t line_begin = newline == std::string_view::npos ? 0 : newline + 1;
  const std::string_view line = source.substr(line_begin, source.find('\n', line_begin) - line_begin);
  const size_t column = offset - line_begin;
  const Excerpt excerpt = excerpt_of(line, column);
  const size_t room = excerpt.text.size() > excerpt.column ? excerpt.text.size() - excerpt.column : 1;
  std::string result(message);
  result += " (at " + std::to_string(line_of(source, offset)) + ":" + std::to_string(column + 1) + ")\n    ";
  result += excerpt.text + "\n    " + std::string(excerpt.column, ' ') + "^";
  result += std::string(std::min<size_t>(std::max<uint32_t>(length, 1), room) - 1, '~');
  return result;
}

Error malformed_at(std::string_view source, std::string_view message, uint32_t offset, uint32_t length) {
  return {ErrorKind::Malformed, describe_error(source, message, offset, length)};
}

}  // namespace wasmrun::text
