// Executes the commands of a test script and compares what happens with what they expect.
#include "spec-tests/runner.h"

#include <cstdio>
#include <cstring>
#include <map>
#include <memory>
#include <optional>

#include "engine/text/script.h"
#include "spec-tests/spectest.h"

namespace wasmrun::spec_tests {
namespace {

using text::Command;
using text::Constant;
using text::ConstantKind;
using text::NanPattern;

// The host's reference number n as a word; 0 would be null.
uint64_t host_reference(uint64_t number) {
  return number + 1;
}

const char* kind_name(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::Malformed: return "malformed";
    case ErrorKind::Invalid: return "invalid";
    case ErrorKind::Unlinkable: return "unlinkable";
    case ErrorKind::Unsupported: return "unsupported";
    case ErrorKind::Io: return "input/output error";
  }
  return "?";
}
std::string describe(const Error& error) {
  return std::string(kind_name(error.kind)) + ": " + error.to_string();
}

/// "LINE:COLUMN: malformed: what", from a message that is "what (at LINE:COLUMN)" and an excerpt of the source.
std::string describe_script_error(const Error& error) {
  const std::string what = error.message.substr(0, error.message.find('\n'));
  const size_t place = what.rfind(" (at ");
  if (place == std::string::npos || what.back() != ')') return "0: " + describe(error);
  return what.substr(place + 5, what.size() - place - 6) + ": " + kind_name(error.kind) + ": " + what.substr(0, place);
}

std::string describe(const Outcome& outcome) {
  switch (outcome.kind) {
    case Outcome::Kind::Returned: return "it returned";
    case Outcome::Kind::Trapped: return "trap: " + outcome.trap.message;
    case Outcome::Kind::Exited: return "exit with " + std::to_string(outcome.exit_code);
  }
  return "?";
}

std::string describe(ValueType type, const RawValue& value) {
  char text[80];
  switch (type.kind()) {
    case ValueType::Kind::I32: std::snprintf(text, sizeof text, "i32.const %d", static_cast<int32_t>(value.i32)); break;
    case ValueType::Kind::I64:
      std::snprintf(text, sizeof text, "i64.const %lld", static_cast<long long>(value.i64));
      break;
    case ValueType::Kind::F32:
      std::snprintf(text, sizeof text, "f32.const bits 0x%08x (%g)", value.i32, value.f32);
      break;
    case ValueType::Kind::F64:
      std::snprintf(text, sizeof text, "f64.const bits 0x%016llx (%g)", static_cast<unsigned long long>(value.i64),
                    value.f64);
      break;
    case ValueType::Kind::V128: {
      uint32_t lanes[4];
      std::memcpy(lanes, value.v128, sizeof lanes);
      std::snprintf(text, sizeof text, "v128.const i32x4 0x%08x 0x%08x 0x%08x 0x%08x", lanes[0], lanes[1], lanes[2],
                    lanes[3]);
      break;
    }
    case ValueType::Kind::Ref:
      std::snprintf(text, sizeof text, "%s 0x%llx", module::to_string(type).c_str(),
                    static_cast<unsigned long long>(value.ref));
      break;
    case ValueType::Kind::Bottom: return "nothing";
  }
  return text;
}

// Whether the bits of a lane are what the constant allows. spec: the suite's nan:canonical and nan:arithmetic
bool lane_matches(uint64_t actual, uint64_t expected, uint32_t lane_bits, NanPattern pattern) {
  const bool is_32 = lane_bits == 32;
  const uint64_t sign = is_32 ? uint64_t{1} << 31 : uint64_t{1} << 63;
  const uint64_t canonical = is_32 ? uint64_t{0x7fc00000} : uint64_t{0x7ff8000000000000};
  switch (pattern) {
    case NanPattern::None: return actual == expected;
    case NanPattern::Canonical: return (actual & ~sign) == canonical;
    case NanPattern::Arithmetic: return (actual & canonical) == canonical;
  }
  return false;
}

bool matches(const Constant& expected, ValueType type, const RawValue& actual, Store& store) {
  const auto is = [&](ReferenceKind kind) { return type.is_ref() && store.reference_kind(actual) == kind; };
  const auto number = [&](ValueType wanted) {
    const uint64_t bits = expected.lane_bits == 32 ? actual.i32 : actual.i64;
    return type == wanted && lane_matches(bits, expected.bits.value_or(0), expected.lane_bits, expected.nan[0]);
  };
  switch (expected.kind) {
    case ConstantKind::I32: return number(module::kI32);
    case ConstantKind::I64: return number(module::kI64);
    case ConstantKind::F32: return number(module::kF32);
    case ConstantKind::F64: return number(module::kF64);
    case ConstantKind::V128: {
      if (type != module::kV128) return false;
      const uint32_t bytes = expected.lane_bits / 8;
      for (uint32_t lane = 0; lane < 16 / bytes; ++lane) {
        uint64_t wanted = 0, got = 0;
        std::memcpy(&wanted, expected.vector.data() + lane * bytes, bytes);
        std::memcpy(&got, actual.v128 + lane * bytes, bytes);
        if (!lane_matches(got, wanted, expected.lane_bits, expected.nan[lane])) return false;
      }
      return true;
    }
    case ConstantKind::RefNull: return type.is_ref() && actual.ref == 0;
    case ConstantKind::RefExtern:
      if (!expected.bits) return type.is_ref() && actual.ref != 0;
      return is(ReferenceKind::Host) && actual.ref == host_reference(*expected.bits);
    case ConstantKind::RefHost:
      return is(ReferenceKind::Host) && (!expected.bits || actual.ref == host_reference(*expected.bits));
    case ConstantKind::RefEq: return is(ReferenceKind::I31) || is(ReferenceKind::Struct) || is(ReferenceKind::Array);
    case ConstantKind::RefI31: return is(ReferenceKind::I31);
    case ConstantKind::RefStruct: return is(ReferenceKind::Struct);
    case ConstantKind::RefArray: return is(ReferenceKind::Array);
    case ConstantKind::RefFunc:
    case ConstantKind::RefAny:
    case ConstantKind::RefExn: return type.is_ref() && actual.ref != 0;
  }
  return false;
}

std::string to_string(const text::Expected& expected) {
  std::string text;
  for (const Constant& alternative : expected.alternatives)
    text += (text.empty() ? "" : " or ") + text::to_string(alternative);
  return text;
}

RawValue raw_value(const Constant& constant) {
  RawValue value{};
  switch (constant.kind) {
    case ConstantKind::I32:
    case ConstantKind::F32: value.i32 = static_cast<uint32_t>(constant.bits.value_or(0)); break;
    case ConstantKind::I64:
    case ConstantKind::F64: value.i64 = constant.bits.value_or(0); break;
    case ConstantKind::V128: std::memcpy(value.v128, constant.vector.data(), 16); break;
    case ConstantKind::RefExtern:
    case ConstantKind::RefHost: value.ref = host_reference(constant.bits.value_or(0)); break;
    case ConstantKind::RefNull:
    case ConstantKind::RefFunc:
    case ConstantKind::RefAny:
    case ConstantKind::RefEq:
    case ConstantKind::RefI31:
    case ConstantKind::RefStruct:
    case ConstantKind::RefArray:
    case ConstantKind::RefExn: value.ref = 0; break;
  }
  return value;
}

class ScriptRunner {
 public:
  ScriptRunner(Engine& engine, const std::string& file, const RunnerOptions& options)
      : engine_(engine), file_(file), options_(options) {}

  ScriptReport run(const std::string& source, module::FeatureSet features) {
    const Result<text::Script> script = text::parse_script(source, features);
    if (!script.ok()) {
      ++report_.failed;
      report_.failures.push_back(file_ + ":" + describe_script_error(script.error()));
      return std::move(report_);
    }
    if (!options_.validate_only && !make_store()) return std::move(report_);
    for (const Command& command : script.value().commands) {
      command_ = &command;
      if (command.is_assertion()) ++report_.assertions;
      run_command();
    }
    return std::move(report_);
  }

 private:
  struct Named {
    std::shared_ptr<const LoadedModule> definition;
    Instance* instance = nullptr;
  };

  void fail_at(uint32_t line, const std::string& expected, const std::string& got) {
    ++report_.failed;
    // One line a failure: an error in text goes on with an excerpt of its source.
    report_.failures.push_back(file_ + ":" + std::to_string(line) + ": expected " + expected + ", got " +
                               got.substr(0, got.find('\n')));
  }
  void fail(const std::string& expected, const std::string& got) { fail_at(command_->line, expected, got); }

  bool make_store() {
    StoreOptions store_options;
    store_options.gc_stress = options_.gc_stress;
    auto store = Store::create(engine_, store_options);
    if (!store.ok()) return fail_at(0, "a store", describe(store.error())), false;
    store_ = std::move(store).value();
    const Result<void> defined = define_spectest(*store_);
    if (!defined.ok()) return fail_at(0, "the module spectest", describe(defined.error())), false;
    return true;
  }

  void run_command() {
    switch (command_->kind) {
      case Command::Kind::Module: return run_module();
      case Command::Kind::ModuleDefinition: return run_definition();
      case Command::Kind::ModuleInstance: return run_instance();
      case Command::Kind::Register: return run_register();
      case Command::Kind::Action: return run_action();
      case Command::Kind::AssertReturn: return assert_return();
      case Command::Kind::AssertTrap:
      case Command::Kind::AssertExhaustion: return assert_trap(command_->message);
      case Command::Kind::AssertException: return assert_trap("uncaught exception");
      case Command::Kind::AssertTrapModule: return assert_trap_module();
      case Command::Kind::AssertMalformed:
      case Command::Kind::AssertMalformedCustom: return assert_rejected(ErrorKind::Malformed);
      case Command::Kind::AssertInvalid:
      case Command::Kind::AssertInvalidCustom: return assert_rejected(ErrorKind::Invalid);
      case Command::Kind::AssertUnlinkable: return assert_unlinkable();
    }
  }

  // --- Modules ---

  // The command's module, compiled; reports and returns null when it is refused.
  std::shared_ptr<const LoadedModule> load() {
    const auto& bytes = command_->module.bytes;
    if (!bytes.ok()) return fail("a module", describe(bytes.error())), nullptr;
    if (options_.validate_only) {
      const Result<void> valid = engine_.validate(bytes.value());
      if (!valid.ok()) fail("a valid module", describe(valid.error()));
      return nullptr;
    }
    auto loaded = engine_.load(bytes.value());
    if (!loaded.ok()) return fail("a module", describe(loaded.error())), nullptr;
    const std::string reason = not_optimized_because(*loaded.value());
    if (options_.no_baseline && !reason.empty()) fail("optimized code", reason);
    return std::move(loaded).value();
  }

  void instantiate(std::shared_ptr<const LoadedModule> loaded, const std::optional<std::string>& name) {
    last_ = nullptr;
    Named named{loaded, nullptr};
    if (loaded) {
      auto result = store_->instantiate(std::move(loaded), name.value_or(""));
      if (!result.ok()) {
        fail("an instance", describe(result.error()));
      } else if (!result.value().instance) {
        fail("an instance", describe(result.value().outcome));
      } else {
        last_ = named.instance = result.value().instance;
      }
    }
    if (name) named_[*name] = named;
  }

  void run_module() { instantiate(load(), command_->name); }

  void run_definition() {
    last_definition_ = load();
    if (command_->name) named_[*command_->name] = Named{last_definition_, nullptr};
  }

  void run_instance() {
    if (options_.validate_only) return;
    std::shared_ptr<const LoadedModule> definition = last_definition_;
    if (command_->of) {
      const auto found = named_.find(*command_->of);
      definition = found == named_.end() ? nullptr : found->second.definition;
    }
    if (!definition) return fail("a module definition", "none");
    instantiate(definition, command_->name);
  }

  Instance* find_instance(const std::optional<std::string>& name) {
    if (!name) return last_;
    const auto found = named_.find(*name);
    return found == named_.end() ? nullptr : found->second.instance;
  }

  void run_register() {
    if (options_.validate_only) return;
    Instance* instance = find_instance(command_->of);
    if (!instance) return fail("an instance to register", "none");
    store_->define_instance(*command_->name, *instance);
  }

  // --- Actions ---

  struct ActionResult {
    std::vector<ValueType> types;
    Outcome outcome;
  };

  // Nothing, with a report, when the action cannot even begin.
  std::optional<ActionResult> perform() {
    const text::Action& action = command_->action;
    Instance* instance = find_instance(action.module);
    if (!instance) return fail("an instance to act on", "none"), std::nullopt;
    ActionResult result;
    if (action.kind == text::Action::Kind::Get) {
      const auto value = store_->global(*instance, action.name);
      if (!value) return fail("a global \"" + action.name + "\"", "none"), std::nullopt;
      result.types.push_back(value->first);
      result.outcome.results.push_back(value->second);
      return result;
    }
    const auto type = store_->function_type(*instance, action.name);
    if (!type) return fail("a function \"" + action.name + "\"", "none"), std::nullopt;
    if (type->params.size() != action.arguments.size()) {
      return fail(std::to_string(type->params.size()) + " arguments", std::to_string(action.arguments.size())),
             std::nullopt;
    }
    std::vector<RawValue> arguments;
    for (const Constant& constant : action.arguments) arguments.push_back(raw_value(constant));
    result.types = type->results;
    result.outcome = store_->call(*instance, action.name, arguments);
    return result;
  }

  void run_action() {
    if (options_.validate_only) return;
    const auto result = perform();
    if (result && result->outcome.kind != Outcome::Kind::Returned) fail("a return", describe(result->outcome));
  }

  std::string expected_text() const {
    std::string text;
    for (const text::Expected& expected : command_->expected) text += " (" + to_string(expected) + ")";
    return "a return of" + (text.empty() ? " nothing" : text);
  }

  void assert_return() {
    if (options_.validate_only) return;
    const auto result = perform();
    if (!result) return;
    if (result->outcome.kind != Outcome::Kind::Returned) return fail(expected_text(), describe(result->outcome));
    const auto& values = result->outcome.results;
    bool all_match = values.size() == command_->expected.size() && values.size() == result->types.size();
    for (size_t i = 0; all_match && i < values.size(); ++i) {
      bool any = false;
      for (const Constant& alternative : command_->expected[i].alternatives) {
        any |= matches(alternative, result->types[i], values[i], *store_);
      }
      all_match = any;
    }
    if (all_match) return;
    std::string got;
    for (size_t i = 0; i < values.size(); ++i) {
      got += " (" + (i < result->types.size() ? describe(result->types[i], values[i]) : std::string("?")) + ")";
    }
    fail(expected_text(), got.empty() ? "nothing" : got.substr(1));
  }

  void assert_trap(const std::string& message) {
    if (options_.validate_only) return;
    const auto result = perform();
    if (!result) return;
    const bool trapped = result->outcome.kind == Outcome::Kind::Trapped;
    if (!trapped || !result->outcome.trap.message.starts_with(message)) {
      fail("trap: " + message, describe(result->outcome));
    }
  }

  // --- Assertions on modules ---

  void assert_trap_module() {
    const auto loaded = load();
    if (!loaded) return;
    auto result = store_->instantiate(loaded, "");
    if (!result.ok()) return fail("trap: " + command_->message, describe(result.error()));
    const Outcome& outcome = result.value().outcome;
    if (outcome.kind != Outcome::Kind::Trapped || !outcome.trap.message.starts_with(command_->message)) {
      fail("trap: " + command_->message, describe(outcome));
    }
  }

  void assert_rejected(ErrorKind kind) {
    const auto& bytes = command_->module.bytes;
    const Result<void> result = bytes.ok() ? engine_.validate(bytes.value()) : Result<void>(bytes.error());
    const std::string expected = std::string(kind_name(kind)) + ": " + command_->message;
    if (result.ok()) return fail(expected, "a valid module");
    if (result.error().kind != kind || !result.error().message.starts_with(command_->message)) {
      fail(expected, describe(result.error()));
    }
  }

  void assert_unlinkable() {
    const auto loaded = load();
    if (!loaded) return;
    auto result = store_->instantiate(loaded, "");
    const std::string expected = "unlinkable: " + command_->message;
    if (result.ok()) return fail(expected, "an instance, or " + describe(result.value().outcome));
    if (result.error().kind != ErrorKind::Unlinkable || !result.error().message.starts_with(command_->message)) {
      fail(expected, describe(result.error()));
    }
  }

  Engine& engine_;
  const std::string& file_;
  const RunnerOptions& options_;
  std::unique_ptr<Store> store_;
  ScriptReport report_;
  const Command* command_ = nullptr;
  std::map<std::string, Named> named_;
  std::shared_ptr<const LoadedModule> last_definition_;
  Instance* last_ = nullptr;
};

}  // namespace

ScriptReport run_script(Engine& engine, const std::string& file, const std::string& source,
                        module::FeatureSet features, const RunnerOptions& options) {
  return ScriptRunner(engine, file, options).run(source, features);
}

}  // namespace wasmrun::spec_tests
