// Rules of blocks, branches and calls. spec: valid-instr-control
#include "engine/module/limits.h"
#include "engine/validate/body.h"

namespace wasmrun::validate {

using module::kI32;

bool Body::unreachable() {
  return set_unreachable(), true;
}

// Frames.

bool Body::enter(Frame::Kind kind, const imm::BlockType& type) {
  Frame frame;
  frame.kind = kind;
  switch (type.kind) {
    case imm::BlockType::Kind::Empty: break;
    case imm::BlockType::Kind::Result:
      if (!check_type(type.result)) return false;
      frame.single_result = type.result;
      frame.has_single_result = true;
      break;
    case imm::BlockType::Kind::Type:
      if (!find_func_type(type.type.value, frame.type)) return false;
      break;
  }
  if (kind == Frame::Kind::If && !pop(kI32)) return false;
  const Types params = frame.params();
  return pop(params) && push_frame(frame, params);
}

bool Body::push_frame(Frame frame, Types params) {
  if (frames_.size() > module::limits::kBlockNesting)
    return fail(ErrorKind::Unsupported, "blocks nested too deep: more than 100000", instruction_offset_);
  frame.height = height();
  frame.set_locals = set_locals_.size();
  frames_.push_back(frame);
  if (frames_.size() > max_frames_) max_frames_ = static_cast<uint32_t>(frames_.size());
  base_ = top_;
  return push(params);
}

bool Body::next_part(Frame::Kind kind, Types params) {
  Frame& frame = frames_.back();
  if (!check_frame_end(frame.results())) return false;
  frame.kind = kind;
  frame.unreachable = false;
  forget_locals(frame.set_locals);
  top_ = base_;
  return push(params);
}

bool Body::block(const imm::BlockType& type) {
  return enter(Frame::Kind::Block, type);
}

bool Body::loop(const imm::BlockType& type) {
  if (!enter(Frame::Kind::Loop, type)) return false;
  frames_.back().loop = static_cast<uint32_t>(summary_->loops.size());
  // The entry keeps what the enclosing loop has so far; leave_loop() swaps the two.
  summary_->loops.push_back({used_, written_, has_call_});
  used_ = written_ = 0;
  has_call_ = false;
  ++loop_depth_;
  set_weight();
  return true;
}

void Body::leave_loop(const Frame& frame) {
  module::LoopSummary& entry = summary_->loops[frame.loop];
  const module::LoopSummary outer = entry;
  entry = {used_, written_, has_call_};
  used_ |= outer.locals_used;
  written_ |= outer.locals_written;
  has_call_ |= outer.has_call;
  --loop_depth_;
  set_weight();
}

void Body::set_weight() {
  weight_ = loop_depth_ > 10 ? UINT32_MAX : uint32_t{1} << (3 * loop_depth_);
}

bool Body::if_(const imm::BlockType& type) {
  return enter(Frame::Kind::If, type);
}

bool Body::else_() {
  if (frames_.back().kind != Frame::Kind::If)
    return fail(ErrorKind::Malformed, "END opcode expected: else without if", instruction_offset_);
  return next_part(Frame::Kind::Else, frames_.back().params());
}

bool Body::end() {
  const Frame& frame = frames_.back();
  if (frame.kind == Frame::Kind::If) {
    // The absent `else` gives its parameters as results.
    const Types params = frame.params();
    const Types results = frame.results();
    bool same = params.size() == results.size();
    if (same && params.data() != results.data()) {
      if (!spend(params.size())) return false;
      for (size_t i = 0; same && i < params.size(); ++i) same = matches(params[i], results[i]);
    }
    if (!same) return fail("type mismatch: if without else must have results like its parameters");
  }
  if (!check_frame_end(frame.results())) return false;
  if (frame.kind == Frame::Kind::Loop) leave_loop(frame);
  forget_locals(frame.set_locals);
  const Frame closed = frame;
  frames_.pop_back();
  if (frames_.empty()) return true;
  top_ = stack_.get() + closed.height;
  base_ = stack_.get() + frames_.back().height;
  return push(closed.results());
}

// Branches.

bool Body::find_label(uint32_t label, const Frame*& frame) {
  if (label >= frames_.size()) return unknown("label", label);
  frame = &frames_[frames_.size() - 1 - label];
  return true;
}

bool Body::br(const imm::LabelIndex& label) {
  const Frame* target = nullptr;
  if (!find_label(label.index.value, target) || !check_top(target->label_types())) return false;
  return set_unreachable(), true;
}

bool Body::br_if(const imm::LabelIndex& label) {
  const Frame* target = nullptr;
  if (!find_label(label.index.value, target) || !pop(kI32)) return false;
  const Types types = target->label_types();
  return types.empty() || (pop(types) && push(types));
}

bool Body::br_table(const imm::LabelTable& table) {
  if (!pop(kI32)) return false;
  bool valid = true;
  const ValueType* checked = nullptr;
  std::optional<size_t> arity;
  table.for_each([&](LabelIndex label) {
    const Frame* target = nullptr;
    if (!valid || !(valid = find_label(label.value, target))) return;
    const Types types = target->label_types();
    if (arity && *arity != types.size()) {
      valid = fail("type mismatch: labels of br_table take " + std::to_string(*arity) + " and " +
                   std::to_string(types.size()) + " operands");
      return;
    }
    arity = types.size();
    // Most tables name labels of one type; it needs one look.
    if (types.empty() || types.data() == checked) return;
    checked = types.data();
    valid = check_top(types);
  });
  if (!valid) return false;
  return set_unreachable(), true;
}

bool Body::return_() {
  if (!check_top(frames_.front().results())) return false;
  return set_unreachable(), true;
}

bool Body::br_on_null(const imm::LabelIndex& label) {
  const Frame* target = nullptr;
  ValueType type;
  if (!find_label(label.index.value, target) || !pop_ref(type)) return false;
  const Types types = target->label_types();
  return pop(types) && push(types) && push(type.as_non_null());
}

bool Body::br_on_non_null(const imm::LabelIndex& label) {
  const Frame* target = nullptr;
  ValueType type;
  if (!find_label(label.index.value, target) || !pop_ref(type)) return false;
  const Types types = target->label_types();
  if (types.empty() || !types.back().is_ref()) return fail("type mismatch: the label must take a reference last");
  if (!matches(type.as_non_null(), types.back())) return mismatch(types.back(), type.as_non_null());
  const Types rest = types.first(types.size() - 1);
  return pop(rest) && push(rest);
}

bool Body::check_cast_branch(const imm::BrOnCast& cast, ValueType branched, ValueType kept, bool by_descriptor) {
  const Frame* target = nullptr;
  if (!find_label(cast.label.value, target) || !check_type(cast.from) || !check_type(cast.to)) return false;
  // Custom descriptors allow casts between any types of one hierarchy.
  const bool may_cast = module_.features.has(module::Feature::custom_descriptors)
                            ? top_of(module_, cast.to.heap_type()) == top_of(module_, cast.from.heap_type())
                            : matches(cast.to, cast.from);
  if (!may_cast) return fail("type mismatch: " + to_string(cast.to) + " does not match " + to_string(cast.from));
  const Types types = target->label_types();
  if (types.empty()) return fail("type mismatch: the label must take a reference last");
  if (!matches(branched, types.back())) return mismatch(types.back(), branched);
  const Types rest = types.first(types.size() - 1);
  count_call();
  if (by_descriptor) {
    ValueType descriptor;
    if (!find_cast_descriptor(cast.to.heap_type(), descriptor) || !pop(descriptor)) return false;
  }
  return pop(cast.from) && pop(rest) && push(rest) && push(kept);
}

/// What is left of `from` once `to` is taken away: null goes with a nullable `to`. spec: aux-reftypediff
static ValueType difference(ValueType from, ValueType to) {
  return to.nullable() ? from.as_non_null() : from;
}

bool Body::br_on_cast(const imm::BrOnCast& cast) {
  return check_cast_branch(cast, cast.to, difference(cast.from, cast.to), false);
}

bool Body::br_on_cast_fail(const imm::BrOnCast& cast) {
  return check_cast_branch(cast, difference(cast.from, cast.to), cast.to, false);
}

bool Body::br_on_cast_desc_eq(const imm::BrOnCast& cast) {
  if (!module_.features.has(module::Feature::custom_descriptors)) return not_enabled(Opcode::br_on_cast_desc_eq);
  return check_cast_branch(cast, cast.to, difference(cast.from, cast.to), true);
}

bool Body::br_on_cast_desc_eq_fail(const imm::BrOnCast& cast) {
  if (!module_.features.has(module::Feature::custom_descriptors)) return not_enabled(Opcode::br_on_cast_desc_eq_fail);
  return check_cast_branch(cast, difference(cast.from, cast.to), cast.to, true);
}

// Calls.

bool Body::find_func_type(uint32_t index, const FuncType*& type) {
  if (index >= module_.types.size()) return unknown("type", index);
  const module::SubType& found = module_.types[index];
  if (found.kind != module::SubType::Kind::Func)
    return fail("type mismatch: type " + std::to_string(index) + " is not a function type");
  type = &found.func;
  return true;
}

bool Body::find_callee(const imm::CallIndirect& callee, const FuncType*& type) {
  const module::TableType* table = nullptr;
  if (!find_table(callee.second, table)) return false;
  if (!matches(table->element, module::kFuncRef)) return mismatch(module::kFuncRef, table->element);
  return find_func_type(callee.first.value, type) && pop(value_type(table->limits.address_type));
}

bool Body::check_call(const FuncType& type) {
  count_call();
  return pop(type.params) && push(type.results);
}

bool Body::check_tail_call(const FuncType& type) {
  count_call();
  const Types wanted = frames_.front().results();
  const Types given = type.results;
  bool same = wanted.size() == given.size();
  if (same && given.data() != wanted.data()) {
    if (!spend(given.size())) return false;
    for (size_t i = 0; same && i < given.size(); ++i) same = matches(given[i], wanted[i]);
  }
  if (!same) return fail("type mismatch: the callee's results are not those of the caller");
  if (!pop(type.params)) return false;
  return set_unreachable(), true;
}

bool Body::call(const imm::FuncIndex& function) {
  if (function.index.value >= module_.functions.size()) return unknown("function", function.index.value);
  return check_call(module_.func_type(function.index));
}

bool Body::call_indirect(const imm::CallIndirect& callee) {
  const FuncType* type = nullptr;
  return find_callee(callee, type) && check_call(*type);
}

bool Body::call_ref(const imm::TypeIndex& type) {
  const FuncType* callee = nullptr;
  return find_func_type(type.index.value, callee) && pop(ValueType::ref(type.index, true)) && check_call(*callee);
}

bool Body::return_call(const imm::FuncIndex& function) {
  if (function.index.value >= module_.functions.size()) return unknown("function", function.index.value);
  return check_tail_call(module_.func_type(function.index));
}

bool Body::return_call_indirect(const imm::CallIndirect& callee) {
  const FuncType* type = nullptr;
  return find_callee(callee, type) && check_tail_call(*type);
}

bool Body::return_call_ref(const imm::TypeIndex& type) {
  const FuncType* callee = nullptr;
  return find_func_type(type.index.value, callee) && pop(ValueType::ref(type.index, true)) && check_tail_call(*callee);
}

}  // namespace wasmrun::validate
