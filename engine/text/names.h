// Identifiers to indices. Visible: IndexSpace, Names, parse_index, define_name.
#pragma once

#include <optional>
#include <string_view>
#include <unordered_map>

#include "engine/text/cursor.h"
#include "engine/text/numbers.h"

namespace wasmrun::text {

/// One index space with the identifiers bound in it. spec: text-context
struct IndexSpace {
  const char* keyword;  ///< as "duplicate ..." says it
  const char* noun;     ///< as "unknown ..." says it
  uint32_t count = 0;
  std::unordered_map<std::string_view, uint32_t> names;
};

/// The index spaces of a module.
struct Names {
  IndexSpace types{"type", "type", 0, {}};
  IndexSpace functions{"func", "function", 0, {}};
  IndexSpace tables{"table", "table", 0, {}};
  IndexSpace memories{"memory", "memory", 0, {}};
  IndexSpace globals{"global", "global", 0, {}};
  IndexSpace tags{"tag", "tag", 0, {}};
  IndexSpace elems{"elem", "elem segment", 0, {}};
  IndexSpace datas{"data", "data segment", 0, {}};
};

/// Takes the next index of `space`, and binds the identifier that follows, if one does.
inline void define_name(Cursor& cursor, IndexSpace& space) {
  const Token token = cursor.peek();
  if (const auto name = cursor.take_id()) {
    if (!space.names.emplace(*name, space.count).second) {
      cursor.fail(std::string("duplicate ") + space.keyword + " " + std::string(cursor.text(token)), token);
    }
  }
  ++space.count;
}

inline bool at_index(const Cursor& cursor, size_t ahead = 0) {
  return cursor.kind(ahead) == TokenKind::Nat || cursor.kind(ahead) == TokenKind::Id;
}

/// An unsigned number of 32 bits.
inline uint32_t parse_u32(Cursor& cursor) {
  if (cursor.kind() != TokenKind::Nat) return cursor.fail_unexpected(), 0;
  const Token token = cursor.take();
  const auto value = parse_unsigned(cursor.text(token), 32);
  if (!value) cursor.fail("i32 constant out of range", token);
  return static_cast<uint32_t>(value.value_or(0));
}

/// A number or a bound identifier. Numbers may lie outside the space: that is for validation to say. spec: text-index
inline uint32_t parse_index(Cursor& cursor, const IndexSpace& space) {
  if (cursor.kind() != TokenKind::Id) return parse_u32(cursor);
  const Token token = cursor.take();
  const auto found = space.names.find(cursor.id_name(token));
  if (found != space.names.end()) return found->second;
  cursor.fail(std::string("unknown ") + space.noun + " " + std::string(cursor.text(token)), token);
  return 0;
}

}  // namespace wasmrun::text
