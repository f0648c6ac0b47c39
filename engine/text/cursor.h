// A position in a token stream with one sticky error. Visible: Cursor.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include "engine/base/result.h"
#include "engine/text/lexer.h"

namespace wasmrun::text {

/// Walks over tokens. The first failure sticks and moves the cursor to the End token, so that callers may parse on and
/// ask `failed()` once: at the End nothing matches any more and every loop ends.
class Cursor {
 public:
  explicit Cursor(const TokenStream& stream) : stream_(stream) {}

  const TokenStream& stream() const { return stream_; }
  size_t position() const { return pos_; }
  /// Skips to a later position; the annotations between are passed by.
  void skip_to(size_t position) {
    if (failed()) return;
    pos_ = position;
    const auto& annotations = stream_.annotations;
    const auto next = std::lower_bound(annotations.begin() + static_cast<ptrdiff_t>(annotation_), annotations.end(),
                                       position, [](const Annotation& a, size_t at) { return a.before_token < at; });
    annotation_ = static_cast<size_t>(next - annotations.begin());
  }
  /// For walking over the same tokens again.
  struct Mark {
    size_t position;
    size_t annotation;
  };
  Mark mark() const { return {pos_, annotation_}; }
  void return_to(Mark mark) {
    if (failed()) return;
    pos_ = mark.position;
    annotation_ = mark.annotation;
  }

  const Token& peek(size_t ahead = 0) const {
    const size_t at = pos_ + ahead;
    return at < stream_.tokens.size() ? stream_.tokens[at] : stream_.tokens.back();
  }
  TokenKind kind(size_t ahead = 0) const { return peek(ahead).kind; }
  std::string_view text(const Token& token) const { return stream_.text(token); }
  Token take() {
    const Token token = peek();
    if (token.kind != TokenKind::End) ++pos_;
    return token;
  }

  /// Whether the next token (`ahead` further) is this word.
  bool at_keyword(std::string_view word, size_t ahead = 0) const {
    return kind(ahead) == TokenKind::Keyword && text(peek(ahead)) == word;
  }
  bool take_keyword(std::string_view word) { return at_keyword(word) && (take(), true); }
  /// Whether "(" and this word come next.
  bool at_open(std::string_view word) const { return kind() == TokenKind::LeftParen && at_keyword(word, 1); }
  bool take_open(std::string_view word) { return at_open(word) && (take(), take(), true); }
  /// Whether a number token of any kind comes next.
  bool at_number() const { return kind() == TokenKind::Nat || kind() == TokenKind::Int || kind() == TokenKind::Float; }

  /// Whether the next token is a token of the grammar at all.
  bool at_known_word() const;

  void expect(TokenKind wanted) {
    if (kind() != wanted) return fail_unexpected();
    take();
  }
  void expect_close() { expect(TokenKind::RightParen); }
  void expect_open(std::string_view word) {
    expect(TokenKind::LeftParen);
    if (!take_keyword(word)) fail_unexpected();
  }
  /// The bytes of the next token, which must be a string.
  std::string expect_string();
  /// The same, and it must be UTF-8.
  std::string expect_name();

  /// The name of an Id token without "$", its escapes resolved. Lives as long as the cursor and the source.
  std::string_view id_name(const Token& token);
  /// The name of the next token when that is an Id.
  std::optional<std::string_view> take_id() {
    if (kind() != TokenKind::Id) return std::nullopt;
    return id_name(take());
  }

  /// The annotation that stands directly before the next token, consumed. Fails at one that the parser has passed.
  const Annotation* take_annotation() {
    const Annotation* annotation = peek_annotation();
    if (annotation) ++annotation_;
    return annotation;
  }
  const Annotation* peek_annotation();

  bool failed() const { return error_.has_value(); }
  Error take_error() { return std::move(*error_); }
  void fail(ErrorKind kind, std::string_view message, const Token& at);
  void fail(std::string_view message, const Token& at) { fail(ErrorKind::Malformed, message, at); }
  void fail(std::string_view message) { fail(message, peek()); }
  /// The next token fits nowhere here: "unexpected token", or "unknown operator" for a word without any meaning.
  void fail_unexpected() { fail_unexpected(peek()); }
  void fail_unexpected(const Token& token);

 private:
  const TokenStream& stream_;
  size_t pos_ = 0;
  size_t annotation_ = 0;
  std::deque<std::string> decoded_ids_;
  std::optional<Error> error_;
};

}  // namespace wasmrun::text
