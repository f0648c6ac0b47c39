// Calls from the host into the guest and from the guest into host functions.
#include <sys/syscall.h>
#include <unistd.h>

#include <bit>
#include <cerrno>
#include <cstdio>

#include "engine/runtime/backtrace.h"
#include "engine/runtime/references.h"
#include "engine/runtime/signals.h"
#include "engine/runtime/store.h"

namespace wasmrun::runtime {

extern "C" {
__thread ExecutionContext* wasmrun_current_context = nullptr;

// Called by the host trampoline only.
uint32_t wasmrun_dispatch_host(abi::InstanceHeader* header, RegisterFile* registers) {
  HostFunctionRecord& record = *static_cast<HostFunctionRecord::Header*>(header)->record;
  return static_cast<uint32_t>(record.importer->store().dispatch(record, *registers));
}
}

namespace {

using abi::Slot;
using abi::TrapCode;
using abi::ValuePlace;

// Each nested entry also takes host stack, which has no guard of ours.
constexpr uint32_t kMaxDepth = 500;
// A nested entry begins only where its first frames surely fit.
constexpr uintptr_t kEntryHeadroomBytes = 16 << 10;

static_assert(sizeof(RawValue) == sizeof(Slot));

void store_value(const ValuePlace& place, const RawValue& value, RegisterFile& registers, Slot* spill_area) {
  switch (place.kind) {
    case ValuePlace::Kind::IntegerRegister: registers.integers[place.index] = value.i64; break;
    case ValuePlace::Kind::VectorRegister: registers.vectors[place.index] = std::bit_cast<Slot>(value); break;
    case ValuePlace::Kind::Spill: spill_area[place.index] = std::bit_cast<Slot>(value); break;
  }
}

// The low bytes of `type` and zeros: registers hold anything above.
RawValue load_value(const ValuePlace& place, module::ValueType type, const RegisterFile& registers, const Slot* spill_area) {
  RawValue raw = {};
  switch (place.kind) {
    case ValuePlace::Kind::IntegerRegister: raw.i64 = registers.integers[place.index]; break;
    case ValuePlace::Kind::VectorRegister: raw = std::bit_cast<RawValue>(registers.vectors[place.index]); break;
    case ValuePlace::Kind::Spill: raw = std::bit_cast<RawValue>(spill_area[place.index]); break;
  }
  using Kind = module::ValueType::Kind;
  RawValue value = {};
  switch (type.kind()) {
    case Kind::I32:
    case Kind::F32: value.i64 = raw.i32; break;
    case Kind::I64:
    case Kind::F64:
    case Kind::Ref: value.i64 = raw.i64; break;
    case Kind::V128: value = raw; break;
    case Kind::Bottom: break;
  }
  return value;
}

// Room for a host function's values without a heap allocation in the usual case.
class ValueBuffer {
 public:
  explicit ValueBuffer(size_t count) {
    if (count > kFew) many_.resize(count);
  }
  RawValue* data() { return many_.empty() ? few_ : many_.data(); }

 private:
  static constexpr size_t kFew = 16;
  RawValue few_[kFew];
  std::vector<RawValue> many_;
};

}  // namespace

Outcome Store::call(Instance& instance, std::string_view name, std::span<const RawValue> arguments) {
  const auto exported = instance.find_export(name, module::ExternKind::Func);
  if (!exported) {
    Outcome outcome;
    outcome.kind = Outcome::Kind::Trapped;
    outcome.trap.message = "unknown export: no function \"" + std::string(name) + "\"";
    return outcome;
  }
  return invoke(exported->function, arguments);
}

Outcome Store::invoke(const FunctionExtern& function, std::span<const RawValue> arguments) {
  const module::FuncType& type = types_->type(function.type).func;
  CHECK(arguments.size() == type.params.size());
  std::vector<ValuePlace> places;
  abi::assign_parameters(type.params, places);
  RegisterFile registers;
  Outcome outcome;
  {
    TemporaryRoots roots(*this);
    for (size_t i = 0; i < places.size(); ++i) {
      const auto argument = import_value(type.params[i], arguments[i], roots);
      if (!argument) {
        outcome.kind = Outcome::Kind::Trapped;
        outcome.trap.message = abi::to_string(TrapCode::gc_heap_exhausted);
        return outcome;
      }
      store_value(places[i], *argument, registers, spill_area_.get());
    }
  }

  if (enter(function.entry, registers, outcome) != TrapCode::none) return outcome;
  places.clear();
  abi::assign_results(type.results, places);
  outcome.results.reserve(places.size());
  for (size_t i = 0; i < places.size(); ++i) {
    outcome.results.push_back(
        export_value(type.results[i], load_value(places[i], type.results[i], registers, spill_area_.get())));
  }
  return outcome;
}

TrapCode Store::enter(const abi::FunctionEntry& entry, RegisterFile& registers, Outcome& outcome) {
  prepare_thread_for_signals();
  const auto stack_pointer = reinterpret_cast<uintptr_t>(context_.guest_stack_pointer) & ~uintptr_t{15};
  if (context_.depth >= kMaxDepth || stack_pointer - kEntryHeadroomBytes < reinterpret_cast<uintptr_t>(stack_->limit())) {
    // The activation that called the host is the innermost one of this backtrace.
    outcome.kind = Outcome::Kind::Trapped;
    outcome.trap.message = abi::to_string(TrapCode::call_stack_exhausted);
    context_.stopped_by_signal = false;
    fill_backtrace(*this, context_, outcome.trap);
    return TrapCode::call_stack_exhausted;
  }

  Activation activation{context_.activation, context_.shared.host_stack_pointer, context_.shared.guest_frame_pointer,
                        context_.shared.guest_program_counter, context_.guest_stack_pointer};
  ExecutionContext* const outer_context = wasmrun_current_context;
  context_.activation = &activation;
  context_.shared.guest_frame_pointer = nullptr;
  context_.shared.guest_program_counter = nullptr;
  context_.guest_stack_pointer = reinterpret_cast<void*>(stack_pointer);
  context_.stopped_by_signal = false;
  ++context_.depth;
  wasmrun_current_context = &context_;
  // Sequentially consistent with interrupt(): either it sees the thread, or the stub sees the flag.
  if (!activation.outer) context_.thread.store(static_cast<pid_t>(syscall(SYS_gettid)));

  const auto code = static_cast<TrapCode>(wasmrun_enter_guest(&context_, entry.code, entry.instance, &registers));

  if (!activation.outer) context_.thread.store(0);
  if (code != TrapCode::none) describe_stop(code, outcome);
  if (!activation.outer && code == TrapCode::interrupted) context_.interrupt.store(0);
  wasmrun_current_context = outer_context;
  --context_.depth;
  context_.activation = activation.outer;
  context_.shared.host_stack_pointer = activation.host_stack_pointer;
  context_.shared.guest_frame_pointer = activation.guest_frame_pointer;
  context_.shared.guest_program_counter = activation.guest_program_counter;
  context_.guest_stack_pointer = activation.guest_stack_pointer;
  context_.stopped_by_signal = false;
  return code;
}

std::optional<RawValue> Store::import_value(module::ValueType type, RawValue value, TemporaryRoots& roots) {
  if (!is_collected(type)) return value;
  const std::optional<uint64_t> reference = from_host(value.ref);
  if (!reference) return std::nullopt;
  roots.add(*reference);
  RawValue inside = {};
  inside.ref = *reference;
  return inside;
}

RawValue Store::export_value(module::ValueType type, RawValue value) const {
  if (is_collected(type)) value.ref = to_host(value.ref);
  return value;
}

void Store::describe_stop(TrapCode code, Outcome& outcome) {
  // The guest may have been stopped between taking memory and saying what is in it.
  if (code == TrapCode::interrupted && heap_) heap_->abandon_hole();
  if (code == TrapCode::exit) {
    outcome.kind = Outcome::Kind::Exited;
    outcome.exit_code = pending_.exit_code;
    return;
  }
  outcome.kind = Outcome::Kind::Trapped;
  outcome.interrupted = code == TrapCode::interrupted;
  outcome.trap.message = code == TrapCode::host ? std::move(pending_.message) : abi::to_string(code);
  if (code == TrapCode::uninitialized_element) outcome.trap.message += " " + std::to_string(context_.trap_operand);
  if (code == TrapCode::memory_out_of_bounds && context_.stopped_by_signal) {
    const Memory& memory = *find_guarded_memory(context_.fault_address);
    char detail[96];
    std::snprintf(detail, sizeof detail, ": address 0x%llx, the memory has 0x%llx bytes",
                  static_cast<unsigned long long>(static_cast<const uint8_t*>(context_.fault_address) - memory.bytes().data()),
                  static_cast<unsigned long long>(memory.bytes().size()));
    outcome.trap.message += detail;
  }
  if (code == TrapCode::uncaught_exception) outcome.trap.message += ": " + describe(*context_.uncaught_tag);
  fill_backtrace(*this, context_, outcome.trap);
}

TrapCode Store::dispatch(HostFunctionRecord& record, RegisterFile& registers) {
  const module::FuncType& type = record.function.type;
  ValueBuffer arguments(type.params.size());
  ValueBuffer results(type.results.size());
  // The callback may run guest code: what it was given stays alive until it returns.
  std::optional<TemporaryRoots> roots;
  if (record.has_collected_values) roots.emplace(*this);
  for (size_t i = 0; i < type.params.size(); ++i) {
    RawValue& value = arguments.data()[i];
    value = load_value(record.parameters[i], type.params[i], registers, spill_area_.get());
    if (roots && is_collected(type.params[i])) {
      roots->add(value.ref);
      value = export_value(type.params[i], value);
    }
  }
  HostOutcome outcome = record.function.callback(record.function.user_data, record, arguments.data(), results.data());
  switch (outcome.kind) {
    case HostOutcome::Kind::Returned: break;
    case HostOutcome::Kind::Trapped:
      // A host function that was told to give up has nothing better to say than that.
      if (interrupt_requested()) return TrapCode::interrupted;
      pending_ = std::move(outcome);
      return TrapCode::host;
    case HostOutcome::Kind::Exited: pending_ = std::move(outcome); return TrapCode::exit;
  }
  for (size_t i = 0; i < type.results.size(); ++i) {
    RawValue& value = results.data()[i];
    if (roots) {
      const auto inside = import_value(type.results[i], value, *roots);
      if (!inside) return TrapCode::gc_heap_exhausted;
      value = *inside;
    }
    store_value(record.results[i], value, registers, spill_area_.get());
  }
  return TrapCode::none;
}

void Store::interrupt() {
  const int saved_errno = errno;
  context_.interrupt.store(1);
  context_.wait_word.interrupt();
  // A thread id, not a pthread_t: when the thread ends meanwhile, the worst is a signal that finds nothing to do.
  if (const pid_t thread = context_.thread.load()) syscall(SYS_tgkill, getpid(), thread, interrupt_signal());
  errno = saved_errno;
}

}  // namespace wasmrun::runtime
