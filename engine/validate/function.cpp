// FunctionValidator: the locals of a body, its instructions, its summary. spec: valid-func, binary-code
#include "engine/module/limits.h"
#include "engine/validate/body.h"
#include "engine/validate/validate.h"

namespace wasmrun::validate {

using module::FunctionSummary;

/// Reads the declarations after the parameters. spec: binary-local
static Result<void> read_locals(ByteReader& reader, std::vector<ValueType>& locals) {
  const uint64_t start = reader.offset();
  const uint32_t groups = reader.read_u32();
  uint64_t total = locals.size();
  for (uint32_t i = 0; i < groups && !reader.failed(); ++i) {
    const uint64_t count = reader.read_u32();
    const ValueType type = instructions::read_value_type(reader);
    total += count;
    if (total > UINT32_MAX) return Error{ErrorKind::Malformed, "too many locals: more than 4294967295", start};
    if (total <= module::limits::kLocals) locals.resize(static_cast<size_t>(total), type);
  }
  if (total > module::limits::kLocals && !reader.failed())
    return Error{ErrorKind::Unsupported, "too many locals: " + std::to_string(total) + ", more than 50000", start};
  return {};
}

bool Body::begin_function(FuncIndex function, ByteReader& reader, FunctionSummary& summary) {
  const FuncType& type = module_.func_type(function);
  instruction_offset_ = reader.offset();
  error_.reset();
  // See spend(): what no real function needs, and what a hostile one may have.
  work_left_ = 100'000 + 16 * static_cast<int64_t>(reader.remaining());

  summary.locals.assign(type.params.begin(), type.params.end());
  if (auto locals = read_locals(reader, summary.locals); !locals.ok()) {
    error_ = std::move(locals).error();
    return false;
  }
  if (reader.failed()) return fail_reader(reader);
  const size_t params = type.params.size();
  bool all_default = true;
  for (size_t i = params; i < summary.locals.size(); ++i) {
    // Runs of one type are the rule: a type is looked at when it begins.
    if (i > params && summary.locals[i] == summary.locals[i - 1]) continue;
    if (!check_type(summary.locals[i])) return false;
    all_default &= summary.locals[i].defaultable();
  }
  unset_locals_.clear();
  set_locals_.clear();
  if (!all_default) {
    unset_locals_.resize(summary.locals.size());
    for (size_t i = params; i < summary.locals.size(); ++i) unset_locals_[i] = !summary.locals[i].defaultable();
  }
  summary.local_weights.assign(summary.locals.size(), 0);
  summary.loops.clear();
  summary.code_offset = reader.offset();
  summary_ = &summary;
  locals_ = summary.locals.data();
  weights_ = summary.local_weights.data();
  local_count_ = static_cast<uint32_t>(summary.locals.size());

  used_ = written_ = 0;
  has_call_ = uses_memory0_ = false;
  loop_depth_ = calls_ = max_frames_ = 0;
  set_weight();
  is_constant_ = false;
  visible_globals_ = static_cast<uint32_t>(module_.globals.size());
  frames_.clear();
  top_ = base_ = high_ = stack_.get();
  Frame frame;
  frame.kind = Frame::Kind::Function;
  frame.type = &type;
  return push_frame(frame, {});
}

// Flat: the decoder's switch takes in all rules that are visible here, so that an instruction costs one indirect jump.
[[gnu::flatten]] bool Body::run_function(ByteReader& reader) {
  if (!run(reader, *this)) return false;
  summary_->max_stack_height = static_cast<uint32_t>(high_ - stack_.get());
  summary_->max_label_depth = max_frames_;
  summary_->calls = calls_;
  summary_->uses_memory0 = uses_memory0_;
  return true;
}

class FunctionValidator::State {
 public:
  explicit State(const module::Module& m) : module(m), body(m) {}
  const module::Module& module;
  Body body;
};

FunctionValidator::FunctionValidator(const module::Module& module) : state_(std::make_unique<State>(module)) {}
FunctionValidator::~FunctionValidator() = default;

Result<void> FunctionValidator::check(FuncIndex function, FunctionSummary& summary) {
  const module::Module& module = state_->module;
  const module::ByteRange range = module.functions[function.value].body;
  ByteReader reader(module.view(range), range.begin);
  Body& body = state_->body;
  if (body.begin_function(function, reader, summary) && body.run_function(reader)) {
    if (reader.at_end()) return {};
    return Error{ErrorKind::Malformed, "section size mismatch: bytes after the function's end", reader.offset()};
  }
  Error error = body.take_error();
  if (error.kind != ErrorKind::Malformed) {
    // A body that does not even decode is malformed, whatever its first part breaks.
    ByteReader again(module.view(range), range.begin);
    std::vector<ValueType> locals;
    if (read_locals(again, locals).ok())
      if (auto malformed = find_malformed(module, again)) error = std::move(*malformed);
  }
  return error;
}

}  // namespace wasmrun::validate
