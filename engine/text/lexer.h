// Source text to tokens. Visible: Token, Annotation, TokenStream, lex, is_nat, decode_string, malformed_at.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"

namespace wasmrun::text {

/// `Reserved` is a run of characters that forms no token of the grammar; the parser rejects it where it meets it.
enum class TokenKind : uint8_t { LeftParen, RightParen, Nat, Int, Float, String, Id, Keyword, Reserved, End };

/// One token: bytes `offset..offset + length` of the source. spec: text-token
struct Token {
  TokenKind kind = TokenKind::End;
  uint32_t offset = 0;
  uint32_t length = 0;
};

/// `(@id ...)`: kept beside the tokens, so that the parser sees annotations only where it asks for them.
/// spec: text-annot
struct Annotation {
  uint32_t offset = 0;
  /// Index of the token that follows it.
  uint32_t before_token = 0;
  std::string id;
  /// What stands between the id and the closing parenthesis; empty for ids that nobody reads.
  std::vector<Token> tokens;
};

struct TokenStream {
  std::string_view source;
  /// Ends with one End token.
  std::vector<Token> tokens;
  std::vector<Annotation> annotations;

  std::string_view text(const Token& token) const { return source.substr(token.offset, token.length); }
};

/// Splits `source`, which must outlive the stream, into tokens. Linear in its size.
/// Errors are Malformed: illegal characters, bad UTF-8, unclosed strings, comments and annotations.
Result<TokenStream> lex(std::string_view source);

/// Whether `text` has the form of an unsigned integer. spec: text-int
bool is_nat(std::string_view text);

/// Appends the bytes that a String token (quotes included) stands for. The token's escapes are known to be well formed.
void decode_string(std::string_view quoted, std::string& bytes);

/// `message` followed by line, column and the underlined line of the source. Lines and columns count from 1.
std::string describe_error(std::string_view source, std::string_view message, uint32_t offset, uint32_t length);
/// The Malformed error of a place in the source.
Error malformed_at(std::string_view source, std::string_view message, uint32_t offset, uint32_t length = 1);
/// Line number of a place in the source, from 1.
uint32_t line_of(std::string_view source, uint32_t offset);

}  // namespace wasmrun::text
