// The structure of instruction sequences: blocks, folding, labels, branch hints. Immediates are in
// immediate_parser.cpp.
#include "engine/text/body_parser.h"

#include "engine/text/keywords.h"

namespace wasmrun::text {

using instructions::Opcode;

namespace {

// What stands only inside another instruction, and is no folded instruction of its own.
bool is_inner_part(Opcode opcode) {
  return opcode == Opcode::else_ || opcode == Opcode::end || opcode == Opcode::catch_ || opcode == Opcode::catch_all ||
         opcode == Opcode::delegate;
}

}  // namespace

void BodyParser::parse_sequence() {
  run(false);
}
void BodyParser::parse_folded() {
  run(true);
}

void BodyParser::run(bool one_folded) {
  while (!cursor_.failed()) {
    take_hints();
    switch (cursor_.kind()) {
      case TokenKind::RightParen:
        if (frames_.empty()) {
          if (one_folded) cursor_.fail_unexpected();
          if (next_hint_) cursor_.fail("@metadata.code.branch_hint annotation: no instruction follows", hint_place_);
          return;
        }
        close();
        break;
      case TokenKind::LeftParen: open_folded(); break;
      case TokenKind::Keyword:
        if (one_folded && frames_.empty()) return cursor_.fail_unexpected();
        flat_instruction();
        break;
      case TokenKind::Nat:
      case TokenKind::Int:
      case TokenKind::Float:
      case TokenKind::String:
      case TokenKind::Id:
      case TokenKind::Reserved:
      case TokenKind::End: return cursor_.fail_unexpected();
    }
    if (one_folded && frames_.empty()) return;
  }
}

// Whether the frame ends at a word `end` rather than at a ")".
bool BodyParser::is_flat(Open open) {
  switch (open) {
    case Open::FlatBlock:
    case Open::FlatIf:
    case Open::FlatElse:
    case Open::FlatTry:
    case Open::FlatCatch:
    case Open::FlatCatchAll: return true;
    case Open::FoldedBlock:
    case Open::FoldedThen:
    case Open::FoldedElse:
    case Open::FoldedDo:
    case Open::FoldedCatch:
    case Open::FoldedCatchAll:
    case Open::Folded:
    case Open::FoldedCondition:
    case Open::FoldedAfterThen:
    case Open::FoldedAfterElse:
    case Open::FoldedTry:
    case Open::FoldedAfterDo:
    case Open::FoldedAfterCatch:
    case Open::FoldedAfterCatchAll:
    case Open::FoldedDelegated: return false;
  }
  return false;
}

bool BodyParser::takes_flat_instructions() const {
  if (frames_.empty()) return true;
  const Open open = frames_.back().open;
  return is_flat(open) || open == Open::FoldedBlock || open == Open::FoldedThen || open == Open::FoldedElse ||
         open == Open::FoldedDo || open == Open::FoldedCatch || open == Open::FoldedCatchAll;
}

bool BodyParser::takes_instructions() const {
  return takes_flat_instructions() || frames_.back().open == Open::Folded ||
         frames_.back().open == Open::FoldedCondition;
}

// The ")" of a folded instruction or of one of its parts.
void BodyParser::close() {
  Frame& frame = frames_.back();
  switch (frame.open) {
    case Open::FlatBlock:
    case Open::FlatIf:
    case Open::FlatElse:
    case Open::FlatTry:
    case Open::FlatCatch:
    case Open::FlatCatchAll:
    case Open::FoldedCondition:
    case Open::FoldedTry: return cursor_.fail_unexpected();
    case Open::Folded:
      if (frame.hint) hints_.push_back({static_cast<uint32_t>(out_.size()), *frame.hint});
      out_.append(std::span(pending_).subspan(frame.pending));
      pending_.resize(frame.pending);
      frames_.pop_back();
      break;
    case Open::FoldedThen: frame.open = Open::FoldedAfterThen; break;
    case Open::FoldedElse: frame.open = Open::FoldedAfterElse; break;
    case Open::FoldedDo: frame.open = Open::FoldedAfterDo; break;
    case Open::FoldedCatch: frame.open = Open::FoldedAfterCatch; break;
    case Open::FoldedCatchAll: frame.open = Open::FoldedAfterCatchAll; break;
    case Open::FoldedBlock:
    case Open::FoldedAfterThen:
    case Open::FoldedAfterElse:
    case Open::FoldedAfterDo:
    case Open::FoldedAfterCatch:
    case Open::FoldedAfterCatchAll:
      out_.opcode(Opcode::end);
      pop_label(frame);
      frames_.pop_back();
      break;
    case Open::FoldedDelegated: frames_.pop_back(); break;
  }
  cursor_.take();
}

// A "(": a folded instruction, or a part of the one that stands open.
void BodyParser::open_folded() {
  if (!frames_.empty() && (open_part_of_if(frames_.back()) || open_part_of_try(frames_.back()))) return;
  const Token word = cursor_.peek(1);
  if (word.kind != TokenKind::Keyword || !takes_instructions()) return cursor_.fail_unexpected(word);
  const auto opcode = find_opcode(cursor_.text(word));
  if (!opcode) return cursor_.fail_unexpected(word);
  if (is_inner_part(*opcode)) return cursor_.fail_unexpected(word);
  cursor_.take();
  if (*opcode == Opcode::block || *opcode == Opcode::loop)
    return cursor_.take(), begin_block(*opcode, Open::FoldedBlock);
  if (*opcode == Opcode::try_table) return cursor_.take(), begin_try_table(Open::FoldedBlock);
  if (*opcode == Opcode::try_) return cursor_.take(), begin_block(*opcode, Open::FoldedTry);
  if (*opcode == Opcode::if_) return cursor_.take(), begin_folded_if();
  fold_plain(*opcode);
}

// Every other instruction folds alike: its bytes wait until its operands are written.
void BodyParser::fold_plain(Opcode opcode) {
  Frame frame{Open::Folded, false, {}, pending_.size(), {}};
  const size_t begin = out_.size();
  const size_t hint_count = hints_.size();
  plain_instruction(opcode);
  // A hint belongs to where the instruction ends up.
  if (hints_.size() > hint_count) {
    frame.hint = hints_.back().likely;
    hints_.pop_back();
  }
  const auto written = std::span(out_.bytes()).subspan(begin);
  pending_.insert(pending_.end(), written.begin(), written.end());
  out_.bytes().resize(begin);
  frames_.push_back(frame);
}

bool BodyParser::open_part_of_if(Frame& frame) {
  if (frame.open == Open::FoldedCondition && cursor_.take_open("then")) {
    if (frame.hint) hints_.push_back({static_cast<uint32_t>(out_.size()), *frame.hint});
    out_.append(std::span(pending_).subspan(frame.pending));
    pending_.resize(frame.pending);
    push_label(frame, frame.label);
    frame.open = Open::FoldedThen;
    return true;
  }
  if (frame.open == Open::FoldedAfterThen && cursor_.take_open("else")) {
    out_.opcode(Opcode::else_);
    frame.open = Open::FoldedElse;
    return true;
  }
  return false;
}

bool BodyParser::open_part_of_try(Frame& frame) {
  if (frame.open == Open::FoldedTry && cursor_.take_open("do")) {
    frame.open = Open::FoldedDo;
    return true;
  }
  const bool may_catch = frame.open == Open::FoldedAfterDo || frame.open == Open::FoldedAfterCatch;
  if (may_catch && cursor_.take_open("catch")) {
    write_catch();
    frame.open = Open::FoldedCatch;
    return true;
  }
  if (may_catch && cursor_.take_open("catch_all")) {
    out_.opcode(Opcode::catch_all);
    frame.open = Open::FoldedCatchAll;
    return true;
  }
  if (frame.open == Open::FoldedAfterDo && cursor_.take_open("delegate")) {
    pop_label(frame);
    write_delegate();
    cursor_.expect_close();
    frame.open = Open::FoldedDelegated;
    return true;
  }
  return false;
}

void BodyParser::flat_instruction() {
  const auto opcode = find_opcode(cursor_.text(cursor_.peek()));
  if (!opcode || !takes_flat_instructions()) return cursor_.fail_unexpected();
  if (*opcode == Opcode::if_) return cursor_.take(), begin_block(*opcode, Open::FlatIf);
  if (*opcode == Opcode::try_) return cursor_.take(), begin_block(*opcode, Open::FlatTry);
  if (*opcode == Opcode::else_) return flat_else();
  if (*opcode == Opcode::end) return end_flat();
  if (*opcode == Opcode::catch_ || *opcode == Opcode::catch_all) return flat_catch(*opcode);
  if (*opcode == Opcode::delegate) return flat_delegate();
  plain_instruction(*opcode);  // block, loop and try_table begin in their immediate's parser
}

void BodyParser::begin_block(Opcode opcode, Open open) {
  Frame frame{open, false, {}, 0, {}};
  const auto hint = take_hint(opcode);
  const std::string_view label = take_label_name();
  write_opcode(opcode, hint);
  types_.parse_block_type(out_);
  push_label(frame, label);
  frames_.push_back(frame);
}

// `if` is written only after its condition; until then its bytes wait.
void BodyParser::begin_folded_if() {
  Frame frame{Open::FoldedCondition, false, {}, pending_.size(), take_hint(Opcode::if_)};
  frame.label = take_label_name();
  ByteWriter bytes;
  bytes.opcode(Opcode::if_);
  types_.parse_block_type(bytes);
  pending_.insert(pending_.end(), bytes.bytes().begin(), bytes.bytes().end());
  frames_.push_back(frame);
}

void BodyParser::begin_try_table(Open open) {
  using Kind = instructions::imm::Catch::Kind;
  Frame frame{open, false, {}, 0, {}};
  const std::string_view label = take_label_name();
  write_opcode(Opcode::try_table);
  types_.parse_block_type(out_);
  ByteWriter handlers;
  uint32_t count = 0;
  // The labels of handlers are counted from outside the block.
  for (; !cursor_.failed(); ++count) {
    Kind kind;
    if (cursor_.take_open("catch")) {
      kind = Kind::Catch;
    } else if (cursor_.take_open("catch_ref")) {
      kind = Kind::CatchRef;
    } else if (cursor_.take_open("catch_all")) {
      kind = Kind::CatchAll;
    } else if (cursor_.take_open("catch_all_ref")) {
      kind = Kind::CatchAllRef;
    } else {
      break;
    }
    handlers.u8(static_cast<uint8_t>(kind));
    if (kind == Kind::Catch || kind == Kind::CatchRef) handlers.u32(parse_index(cursor_, names_.tags));
    handlers.u32(parse_label());
    cursor_.expect_close();
  }
  out_.u32(count);
  out_.append(handlers);
  push_label(frame, label);
  frames_.push_back(frame);
}

// `end $l`, `else $l` repeat the label of their block or give none.
void BodyParser::expect_same_label(const Frame& frame) {
  const Token token = cursor_.peek();
  const auto name = cursor_.take_id();
  if (name && *name != frame.label) cursor_.fail("mismatching label " + std::string(cursor_.text(token)), token);
}

void BodyParser::flat_else() {
  if (frames_.empty() || frames_.back().open != Open::FlatIf) return cursor_.fail_unexpected();
  cursor_.take();
  expect_same_label(frames_.back());
  write_opcode(Opcode::else_);
  frames_.back().open = Open::FlatElse;
}

void BodyParser::end_flat() {
  if (frames_.empty() || !is_flat(frames_.back().open)) return cursor_.fail_unexpected();
  Frame& frame = frames_.back();
  cursor_.take();
  expect_same_label(frame);
  write_opcode(Opcode::end);
  pop_label(frame);
  frames_.pop_back();
}

void BodyParser::write_catch() {
  out_.opcode(Opcode::catch_);
  out_.u32(parse_index(cursor_, names_.tags));
}

void BodyParser::flat_catch(Opcode opcode) {
  if (frames_.empty()) return cursor_.fail_unexpected();
  Frame& frame = frames_.back();
  if (frame.open != Open::FlatTry && frame.open != Open::FlatCatch) return cursor_.fail_unexpected();
  cursor_.take();
  if (opcode == Opcode::catch_) {
    write_catch();
    frame.open = Open::FlatCatch;
  } else {
    out_.opcode(Opcode::catch_all);
    frame.open = Open::FlatCatchAll;
  }
}

// Its label is counted from outside the try block, which it also ends.
void BodyParser::write_delegate() {
  const uint32_t label = parse_label();
  out_.opcode(Opcode::delegate);
  out_.u32(label);
}

void BodyParser::flat_delegate() {
  if (frames_.empty() || frames_.back().open != Open::FlatTry) return cursor_.fail_unexpected();
  cursor_.take();
  pop_label(frames_.back());
  write_delegate();
  frames_.pop_back();
}

std::string_view BodyParser::take_label_name() {
  const auto name = cursor_.take_id();
  types_.skip_name_annotation();
  return name.value_or(std::string_view());
}

void BodyParser::push_label(Frame& frame, std::string_view name) {
  frame.has_label = true;
  frame.label = name;
  if (!name.empty()) labels_[name].push_back(label_depth_);
  ++label_depth_;
}

void BodyParser::pop_label(Frame& frame) {
  CHECK(frame.has_label);
  frame.has_label = false;
  --label_depth_;
  if (!frame.label.empty()) labels_[frame.label].pop_back();
}

uint32_t BodyParser::parse_label() {
  if (cursor_.kind() != TokenKind::Id) return parse_u32(cursor_);
  const Token token = cursor_.take();
  const auto found = labels_.find(cursor_.id_name(token));
  if (found == labels_.end() || found->second.empty()) {
    cursor_.fail("unknown label " + std::string(cursor_.text(token)), token);
    return 0;
  }
  return label_depth_ - 1 - found->second.back();
}

void BodyParser::take_hints() {
  const Annotation* annotation = cursor_.peek_annotation();
  while (annotation && annotation->id == "metadata.code.branch_hint") {
    cursor_.take_annotation();
    hint_place_ = {TokenKind::Reserved, annotation->offset, 2};
    std::string bytes;
    if (annotation->tokens.size() == 1 && annotation->tokens[0].kind == TokenKind::String) {
      decode_string(cursor_.text(annotation->tokens[0]), bytes);
    }
    if (next_hint_) return cursor_.fail("@metadata.code.branch_hint annotation: duplicate annotation", hint_place_);
    if (bytes.size() != 1 || static_cast<uint8_t>(bytes[0]) > 1) {
      return cursor_.fail("@metadata.code.branch_hint annotation: invalid format", hint_place_);
    }
    next_hint_ = static_cast<uint8_t>(bytes[0]);
    annotation = cursor_.peek_annotation();
  }
}

std::optional<uint8_t> BodyParser::take_hint(Opcode opcode) {
  const auto hint = next_hint_;
  if (!hint) return hint;
  next_hint_.reset();
  if (opcode != Opcode::if_ && opcode != Opcode::br_if) {
    cursor_.fail(ErrorKind::Invalid, "@metadata.code.branch_hint annotation: invalid target", hint_place_);
  }
  return hint;
}

void BodyParser::write_opcode(Opcode opcode, std::optional<uint8_t> hint) {
  if (hint) hints_.push_back({static_cast<uint32_t>(out_.size()), *hint});
  out_.opcode(opcode);
}

// Calls the parser of the immediate of the opcode's row.
void BodyParser::plain_instruction(Opcode opcode) {
  using Parse = void (*)(BodyParser&, Opcode);
  static constexpr Parse kParsers[] = {
#define OP(name, text, prefix, code, immediate, signature, feature) \
  [](BodyParser& parser, Opcode op) { parser.parse(op, Of<instructions::imm::immediate>()); },
#define OP_RULE(name, text, prefix, code, immediate, feature) \
  [](BodyParser& parser, Opcode op) { parser.parse(op, Of<instructions::imm::immediate>()); },
#include "engine/instructions/opcodes.def"
#undef OP
#undef OP_RULE
  };
  cursor_.take();
  // `select` with a result type is a row of its own.
  if (opcode == Opcode::select && cursor_.at_open("result")) opcode = Opcode::select_t;
  kParsers[static_cast<size_t>(opcode)](*this, opcode);
}

}  // namespace wasmrun::text
