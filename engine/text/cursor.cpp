// The longer functions of Cursor.
#include "engine/text/cursor.h"

#include "engine/base/utf8.h"
#include "engine/text/keywords.h"

namespace wasmrun::text {

std::string Cursor::expect_string() {
  if (kind() != TokenKind::String) return fail_unexpected(), std::string();
  std::string bytes;
  decode_string(text(take()), bytes);
  return bytes;
}

std::string Cursor::expect_name() {
  const Token token = peek();
  std::string name = expect_string();
  if (!failed() && !is_utf8(name)) fail("malformed UTF-8 encoding", token);
  return name;
}

std::string_view Cursor::id_name(const Token& token) {
  const std::string_view id = text(token);
  if (id[1] != '"') return id.substr(1);
  decode_string(id.substr(1), decoded_ids_.emplace_back());
  return decoded_ids_.back();
}

const Annotation* Cursor::peek_annotation() {
  if (failed() || annotation_ >= stream_.annotations.size()) return nullptr;
  const Annotation& annotation = stream_.annotations[annotation_];
  if (annotation.before_token > pos_) return nullptr;
  if (annotation.before_token == pos_) return &annotation;
  const Token place{TokenKind::Reserved, annotation.offset, 2};
  if (annotation.id == "metadata.code.branch_hint") {
    fail("@metadata.code.branch_hint annotation: not in a function", place);
  } else {
    fail("misplaced @" + annotation.id + " annotation", place);
  }
  return nullptr;
}

bool Cursor::at_known_word() const {
  return kind() != TokenKind::Reserved && (kind() != TokenKind::Keyword || is_keyword(text(peek())));
}

void Cursor::fail(ErrorKind kind, std::string_view message, const Token& at) {
  if (failed()) return;
  error_ = Error{kind, describe_error(stream_.source, message, at.offset, at.length)};
  pos_ = stream_.tokens.size() - 1;
}

void Cursor::fail_unexpected(const Token& token) {
  const std::string_view word = text(token);
  const bool meaningless = token.kind == TokenKind::Reserved || (token.kind == TokenKind::Keyword && !is_keyword(word));
  if (meaningless) {
    fail("unknown operator " + std::string(word.substr(0, 80)), token);
  } else if (token.kind == TokenKind::End) {
    fail("unexpected token: the text ends here", token);
  } else {
    fail("unexpected token", token);
  }
}

}  // namespace wasmrun::text
