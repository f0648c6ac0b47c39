// The pass over one body.
#include "engine/baseline/function_compiler.h"
#include "engine/instructions/nesting.h"

#include <string>
#include <utility>

#include "engine/baseline/module_compilation.h"

namespace wasmrun::baseline {

using instructions::NanResult;

namespace {

constexpr bool is_supported(module::Feature feature) {
  using enum module::Feature;
  switch (feature) {
    case core:
    case simd:
    case tail_call:
    case extended_const:
    case multi_memory:
    case multi_table:
    case exceptions:
    case legacy_exceptions:
    case gc:
    case custom_page_sizes:
    case memory64:
    case relaxed_simd:
    case function_references:
    case threads:
    case wide_arithmetic:
    case custom_descriptors: return true;
  }
  return false;
}

}  // namespace

/// Hands each instruction to its handler, or refuses it.
struct Dispatch {
  FunctionCompiler& compiler;

#define OP(name, text, prefix, code, immediate, signature, feature) ROW(name, text, feature)
#define OP_RULE(name, text, prefix, code, immediate, feature) ROW(name, text, feature)
#define ROW(name, text, feature)                           \
  template <class... Immediate>                            \
  bool name(const Immediate&... immediate) {               \
    if constexpr (is_supported(module::Feature::feature)) { \
      constexpr auto kNans = instructions::nan_result(text); \
      if constexpr (kNans != NanResult::None) compiler.nans_ = compiler.options_.canonical_nans ? kNans : NanResult::None; \
      compiler.name(immediate...);                         \
      if constexpr (kNans != NanResult::None) compiler.nans_ = NanResult::None; \
      return !compiler.error_;                             \
    } else {                                               \
      return compiler.fail_unsupported(text);              \
    }                                                      \
  }
#include "engine/instructions/opcodes.def"
#undef OP
#undef OP_RULE
#undef ROW
};

FunctionCompiler::FunctionCompiler(ModuleCompilation& compilation)
    : compilation_(compilation),
      module_(compilation.module()),
      options_(compilation.options()),
      layout_(compilation.layout()),
      objects_(compilation.objects()),
      asm_(compilation.options().cpu.avx),
      prologue_asm_(compilation.options().cpu.avx),
      worker_(compilation.add_worker()),
      locates_every_instruction_(compilation.locates_every_instruction()) {}

FunctionCompiler::~FunctionCompiler() {
  compilation_.collect(worker_, {std::move(location_bytes_), std::move(linked_calls_), std::move(linked_handlers_),
                                 std::move(linked_handler_sites_)});
}

bool FunctionCompiler::fail_unsupported(const char* what) {
  if (!error_) error_ = Error{ErrorKind::Unsupported, std::string("not supported yet: ") + what, instruction_offset_};
  return false;
}

void FunctionCompiler::begin(FuncIndex function, const module::FunctionSummary& summary) {
  const uint64_t end = module_.functions[function.value].body.end;
  reader_ = TrustedReader(module_.view({summary.code_offset, end}), summary.code_offset);
  summary_ = &summary;
  type_ = &module_.func_type(function);
  error_.reset();
  asm_.clear();
  body_begin_ = {};
  asm_.bind(body_begin_);

  stack_.clear();
  slot_offsets_.clear();
  zeroed_locals_.clear();
  locations_.clear();
  if (!traps_.empty()) traps_.clear();
  if (!constants_.empty()) constants_.clear();
  if (!allocations_.empty()) allocations_.clear();
  calls_.clear();
  handlers_.clear();
  handler_sites_.clear();
  landing_pads_.clear();
  catch_depth_ = 0;
  exception_slots_.clear();
  control_.clear();
  spilled_gprs_below_ = spilled_xmms_below_ = references_begin_ = 0;
  flags_live_ = false;
  forget_flags();
  next_loop_ = 0;
  reachable_ = true;
  saves_instance_ = false;
  frame_bytes_ = 8;  // the instance pointer

  locals_.resize(summary.locals.size());
  for (size_t i = 0; i < locals_.size(); ++i) {
    locals_[i] = Local{};
    locals_[i].kind = summary.locals[i].kind();
  }
  choose_pins(summary);

  ControlFrame frame;
  frame.kind = ControlFrame::Kind::Function;
  frame.type = type_;
  control_.push_back(frame);
}

Result<void> FunctionCompiler::compile(FuncIndex function, const module::FunctionSummary& summary) {
  begin(function, summary);
  Dispatch dispatch{*this};
  while (!control_.empty()) {
    asm_.reserve();
    instruction_offset_ = reader_.offset();
    begin_range();
    if (!instructions::visit_instruction(reader_, dispatch)) return *error_;
    if (!reachable_ && !control_.empty()) next_loop_ += instructions::skip_unreachable(reader_);
  }
  return hand_over(function);
}

}  // namespace wasmrun::baseline
