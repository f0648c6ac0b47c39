// Rules of exceptions: throw, try_table, and the legacy try, catch, catch_all, delegate, rethrow.
// spec: valid-throw, valid-try_table; the legacy rules are those of the exception-handling proposal's first form.
#include "engine/validate/body.h"

namespace wasmrun::validate {

static constexpr ValueType kExnRef = ValueType::ref(module::AbstractHeapType::Exn, true);

bool Body::find_tag(uint32_t index, const FuncType*& type) {
  if (index >= module_.tags.size()) return unknown("tag", index);
  return find_func_type(module_.tags[index].type.value, type);
}

bool Body::throw_(const imm::TagIndex& tag) {
  const FuncType* type = nullptr;
  count_call();
  if (!find_tag(tag.index.value, type) || !pop(type->params)) return false;
  return set_unreachable(), true;
}

bool Body::throw_ref() {
  count_call();
  if (!pop(kExnRef)) return false;
  return set_unreachable(), true;
}

bool Body::check_handler(const imm::Catch& handler) {
  const Frame* target = nullptr;
  const FuncType* tag = nullptr;
  const bool has_tag = handler.kind == imm::Catch::Kind::Catch || handler.kind == imm::Catch::Kind::CatchRef;
  const bool has_ref = handler.kind == imm::Catch::Kind::CatchRef || handler.kind == imm::Catch::Kind::CatchAllRef;
  if (has_tag && !find_tag(handler.tag.value, tag)) return false;
  if (!find_label(handler.label.value, target)) return false;
  const Types given = tag ? Types(tag->params) : Types{};
  const Types wanted = target->label_types();
  bool same = given.size() + has_ref == wanted.size();
  if (same && !spend(given.size())) return false;
  for (size_t i = 0; same && i < given.size(); ++i) same = matches(given[i], wanted[i]);
  if (same && has_ref) same = matches(kExnRef.as_non_null(), wanted.back());
  return same || fail("type mismatch: the label of a catch clause does not take what the clause gives");
}

bool Body::try_table(const imm::TryTable& table) {
  for (const imm::Catch& handler : table.catches)
    if (!check_handler(handler)) return false;
  return enter(Frame::Kind::TryTable, table.type);
}

bool Body::try_(const imm::BlockType& type) {
  return enter(Frame::Kind::Try, type);
}

bool Body::catch_(const imm::TagIndex& tag) {
  const Frame::Kind kind = frames_.back().kind;
  if (kind != Frame::Kind::Try && kind != Frame::Kind::Catch)
    return fail(ErrorKind::Malformed, "END opcode expected: catch outside try", instruction_offset_);
  const FuncType* type = nullptr;
  return find_tag(tag.index.value, type) && next_part(Frame::Kind::Catch, type->params);
}

bool Body::catch_all() {
  const Frame::Kind kind = frames_.back().kind;
  if (kind != Frame::Kind::Try && kind != Frame::Kind::Catch)
    return fail(ErrorKind::Malformed, "END opcode expected: catch_all outside try", instruction_offset_);
  return next_part(Frame::Kind::CatchAll, {});
}

bool Body::delegate(const imm::LabelIndex& label) {
  if (frames_.back().kind != Frame::Kind::Try)
    return fail(ErrorKind::Malformed, "END opcode expected: delegate outside try", instruction_offset_);
  // The label counts from outside the try; the function's own label means its caller.
  if (label.index.value >= frames_.size() - 1) return unknown("label", label.index.value);
  return end();
}

bool Body::rethrow(const imm::LabelIndex& label) {
  const Frame* target = nullptr;
  count_call();
  if (!find_label(label.index.value, target)) return false;
  if (target->kind != Frame::Kind::Catch && target->kind != Frame::Kind::CatchAll)
    return fail("invalid rethrow label: label " + std::to_string(label.index.value) + " is not of a catch");
  return set_unreachable(), true;
}

}  // namespace wasmrun::validate
