// Tokens, strings, comments and annotations.
#include "engine/text/lexer.h"

#include <string>

#include "tests/support/catch.h"

using namespace wasmrun;
using namespace wasmrun::text;

namespace {

std::vector<TokenKind> kinds_of(std::string_view source) {
  const auto stream = lex(source);
  REQUIRE(stream.ok());
  std::vector<TokenKind> kinds;
  for (const Token& token : stream.value().tokens) kinds.push_back(token.kind);
  return kinds;
}
TokenKind kind_of(std::string_view source) {
  const auto kinds = kinds_of(source);
  REQUIRE(kinds.size() == 2);
  return kinds[0];
}
std::string error_of(std::string_view source) {
  const auto stream = lex(source);
  REQUIRE_FALSE(stream.ok());
  CHECK(stream.error().kind == ErrorKind::Malformed);
  return stream.error().message;
}
std::string decoded(std::string_view quoted) {
  const auto stream = lex(quoted);
  REQUIRE(stream.ok());
  REQUIRE(stream.value().tokens[0].kind == TokenKind::String);
  std::string bytes;
  decode_string(quoted, bytes);
  return bytes;
}

}  // namespace

TEST_CASE("the lexer tells numbers from words", "[text]") {
  CHECK(kind_of("0") == TokenKind::Nat);
  CHECK(kind_of("1_000") == TokenKind::Nat);
  CHECK(kind_of("0xFf_0") == TokenKind::Nat);
  CHECK(kind_of("+1") == TokenKind::Int);
  CHECK(kind_of("-0x1") == TokenKind::Int);
  for (const char* text : {"1.", "1.5", "1e3", "1.e-3", "0x1p1", "-inf", "nan", "+nan:0x1_0"}) {
    INFO(text);
    CHECK(kind_of(text) == TokenKind::Float);
  }
  for (const char* text :
       {"0x.8p1", "1__0", "_1", "1_", "0x", "0x_1", "1e", "1.5_", "0x1p", "--1", "1x", "nan:1", "inf0"}) {
    INFO(text);
    CHECK((kind_of(text) == TokenKind::Reserved || kind_of(text) == TokenKind::Keyword));
  }
}

TEST_CASE("words that touch are one reserved token", "[text]") {
  CHECK(kind_of("\"a\"\"b\"") == TokenKind::Reserved);
  CHECK(kind_of("\"a\"x") == TokenKind::Reserved);
  CHECK(kind_of("0$l") == TokenKind::Reserved);
  CHECK(kind_of("$\"l\"0") == TokenKind::Reserved);
  CHECK(kind_of("$l\"a\"") == TokenKind::Reserved);
  CHECK(kind_of("$\"l\"") == TokenKind::Id);
  CHECK(kinds_of("\"a\"(nop)").size() == 5);
}

TEST_CASE("the escapes of strings stand for bytes", "[text]") {
  CHECK(decoded("\"a\\tb\\n\\r\\\"\\'\\\\\"") == "a\tb\n\r\"'\\");
  CHECK(decoded("\"\\00\\fF\"") == std::string("\0\xff", 2));
  CHECK(decoded("\"\\u{7f}\\u{80}\\u{20ac}\\u{1_f600}\"") == "\x7f\xc2\x80\xe2\x82\xac\xf0\x9f\x98\x80");
  CHECK_THAT(error_of("\"\\u{d800}\""), StartsWith("illegal escape"));
  CHECK_THAT(error_of("\"\\u{110000}\""), StartsWith("illegal escape"));
  CHECK_THAT(error_of("\"\\q\""), StartsWith("illegal escape"));
  CHECK_THAT(error_of("\"a"), StartsWith("unclosed string"));
  CHECK_THAT(error_of("\"a\n\""), StartsWith("unclosed string"));
  CHECK_THAT(error_of("\"\xff\""), StartsWith("malformed UTF-8 encoding"));
}

TEST_CASE("comments nest, and are no tokens", "[text]") {
  CHECK(kinds_of("(;a(;b;)c;);;d\r;;e\n") == std::vector{TokenKind::End});
  CHECK_THAT(error_of("(;(;;)"), StartsWith("unclosed comment"));
  CHECK_THAT(error_of(";;\xc0\x80"), StartsWith("malformed UTF-8 encoding"));
}

TEST_CASE("annotations are kept beside the tokens only where somebody reads them", "[text]") {
  const auto stream = lex("(a (@name \"x\") (@other (; ;) ( [ ,\")\") ) b)");
  REQUIRE(stream.ok());
  CHECK(stream.value().tokens.size() == 5);
  REQUIRE(stream.value().annotations.size() == 1);
  CHECK(stream.value().annotations[0].id == "name");
  CHECK(stream.value().annotations[0].before_token == 2);
  CHECK(stream.value().annotations[0].tokens.size() == 1);
  CHECK_THAT(error_of("(@)"), StartsWith("empty annotation id"));
  CHECK_THAT(error_of("(@x (y)"), StartsWith("unclosed annotation"));
  CHECK_THAT(error_of("(@x \x01)"), StartsWith("illegal character"));
}

TEST_CASE("an error shows line, column and the underlined line", "[text]") {
  const Error error = malformed_at("(module\n  (func foo bar))\n", "unknown operator foo", 16, 3);
  CHECK(error.message == "unknown operator foo (at 2:9)\n      (func foo bar))\n            ^~~");
  CHECK(line_of("a\nb\nc", 4) == 3);
  const std::string wide = std::string(5000, 'x') + "y" + std::string(5000, 'z');
  CHECK(malformed_at(wide, "m", 5000, 1).message.size() < 400);
}
