// Calls in both directions, traps and interruption.
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <thread>

#include "tests/runtime/hand_module.h"

namespace wasmrun::runtime::test {
namespace {

using module::kF64;
using module::kI32;
using module::kI64;
using module::kV128;

#define FRAME "push rbp; mov rbp, rsp;"
#define RETURN "pop rbp; ret"

// InstanceHeader: context 0, memory0_base 8, memory0_size 16, trap_exit 24, builtins 32.
GUEST_CODE(add, FRAME "lea eax, [r13d + r14d];" RETURN);
GUEST_CODE(spin, FRAME "1: jmp 1b;");
GUEST_CODE(recurse, FRAME "call recurse_begin;" RETURN);
GUEST_CODE(unreachable, FRAME "mov eax, 1; call [r12 + 24]");
GUEST_CODE(load, FRAME "mov ecx, r13d; mov rdx, [r12 + 8]; mov eax, [rdx + rcx];" RETURN);
GUEST_CODE(wild_load, FRAME "mov eax, [r13];" RETURN);
// Twelve i64 and nine f64 parameters: one of each kind spills. Sum of all as i64, and the last f64.
GUEST_CODE(sum_many, FRAME
           "mov rbx, [r12]; mov rbx, [rbx + 24];"
           "add r13, r14; add r13, r15; add r13, rdi; add r13, rsi; add r13, rdx; add r13, rcx; add r13, r8;"
           "add r13, r9; add r13, r11; add rax, r13; add rax, [rbx]; movsd xmm0, [rbx + 16];" RETURN);
// Three i64 and three v128 results: one of each spills.
GUEST_CODE(many_results, FRAME
           "mov rbx, [r12]; mov rbx, [rbx + 24];"
           "mov eax, 1; mov edx, 2; mov qword ptr [rbx], 3; pxor xmm0, xmm0; pcmpeqd xmm1, xmm1; movups [rbx + 16], xmm1;" RETURN);
// Calls imported function 0, whose FunctionEntry's offset follows the memory and table arrays; `index` 0 is r13.
GUEST_CODE(call_import, FRAME
           "push r12; push r12; mov rbx, r12; mov r12, [rbx + r14 + 8]; call [rbx + r14];"
           "lea rsp, [rbp];" RETURN);
GUEST_CODE(tail_import, "mov rbx, r12; mov r12, [rbx + r14 + 8]; jmp [rbx + r14]");

HostOutcome add_one(void*, Caller&, const RawValue* arguments, RawValue* results) {
  results[0] = i32(arguments[0].i32 + 1);
  return HostOutcome::returned();
}

TEST_CASE_METHOD(StoreFixture, "a call passes arguments and results in registers", "[runtime]") {
  HandModule module(types);
  module.function("add", module.type({kI32, kI32}, {kI32}), GUEST_SPAN(add));
  Instance& instance = instantiate(module);
  const RawValue arguments[] = {i32(40), i32(2)};
  const Outcome outcome = store->call(instance, "add", arguments);
  REQUIRE(outcome.kind == Outcome::Kind::Returned);
  REQUIRE(outcome.results.size() == 1);
  REQUIRE(outcome.results[0].i64 == 42);
}

TEST_CASE_METHOD(StoreFixture, "arguments beyond the registers go through the spill area", "[runtime]") {
  HandModule module(types);
  std::vector<ValueType> params(12, kI64);
  params.insert(params.end(), 9, kF64);
  module.function("sum", module.type(params, {kI64, kF64}), GUEST_SPAN(sum_many));
  Instance& instance = instantiate(module);
  std::vector<RawValue> arguments;
  for (uint64_t i = 0; i < 12; ++i) arguments.push_back(i64(uint64_t{1} << i));
  for (int i = 0; i < 9; ++i) {
    RawValue value = {};
    value.f64 = i + 0.5;
    arguments.push_back(value);
  }
  const Outcome outcome = store->call(instance, "sum", arguments);
  REQUIRE(outcome.results[0].i64 == 0xfff);
  REQUIRE(outcome.results[1].f64 == 8.5);
}

TEST_CASE_METHOD(StoreFixture, "results beyond the registers come back through the spill area", "[runtime]") {
  HandModule module(types);
  module.function("many", module.type({}, {kI64, kV128, kI64, kV128, kI64, kV128}), GUEST_SPAN(many_results));
  const Outcome outcome = store->call(instantiate(module), "many", {});
  REQUIRE(outcome.results.size() == 6);
  REQUIRE(outcome.results[0].i64 == 1);
  REQUIRE(outcome.results[2].i64 == 2);
  REQUIRE(outcome.results[4].i64 == 3);
  REQUIRE(outcome.results[1].v128[15] == 0);
  REQUIRE(outcome.results[3].v128[15] == 0xff);
  REQUIRE(outcome.results[5].v128[15] == 0xff);
}

TEST_CASE_METHOD(StoreFixture, "a guest calls a host function, by call and by tail call", "[runtime]") {
  for (const auto code : {GUEST_SPAN(call_import), GUEST_SPAN(tail_import)}) {
    HandModule module(types);
    const TypeIndex unary = module.type({kI32}, {kI32});
    module.import_function("env", "add_one", unary);
    module.function("f", module.type({kI32, kI32}, {kI32}), code);
    store->define("env", "add_one", {{{kI32}, {kI32}}, add_one, nullptr});
    Instance& instance = instantiate(module);
    const RawValue arguments[] = {i32(41), i32(instance.loaded().layout.imported_functions)};
    const Outcome outcome = store->call(instance, "f", arguments);
    REQUIRE(outcome.kind == Outcome::Kind::Returned);
    REQUIRE(outcome.results[0].i32 == 42);
  }
}

TEST_CASE_METHOD(StoreFixture, "a re-exported host function is callable from the host", "[runtime]") {
  HandModule module(types);
  module.import_function("env", "add_one", module.type({kI32}, {kI32}));
  module.add_export("again", ExternKind::Func, 0);
  store->define("env", "add_one", {{{kI32}, {kI32}}, add_one, nullptr});
  const RawValue arguments[] = {i32(1)};
  REQUIRE(store->call(instantiate(module), "again", arguments).results[0].i32 == 2);
}

TEST_CASE_METHOD(StoreFixture, "a trap from code names its reason and its function", "[runtime]") {
  HandModule module(types);
  module.function("_ZN3foo3barEv", module.type({}, {}), GUEST_SPAN(unreachable));
  const Outcome outcome = store->call(instantiate(module, "app"), "_ZN3foo3barEv", {});
  REQUIRE(outcome.kind == Outcome::Kind::Trapped);
  REQUIRE(outcome.trap.message == "unreachable");
  REQUIRE(outcome.trap.frames.size() == 1);
  REQUIRE(outcome.trap.frames[0].module == "app");
  REQUIRE(outcome.trap.frames[0].function == 0);
  REQUIRE(outcome.trap.frames[0].function_name == "foo::bar()");
  REQUIRE(!outcome.interrupted);
}

TEST_CASE_METHOD(StoreFixture, "an access past memory is a trap up to the last address of the guard", "[runtime]") {
  HandModule module(types);
  module.memory(1, std::nullopt);
  module.function("load", module.type({kI32}, {kI32}), GUEST_SPAN(load));
  Instance& instance = instantiate(module);
  instance.memory(0).bytes()[65532] = 7;
  const RawValue last[] = {i32(65532)};
  REQUIRE(store->call(instance, "load", last).results[0].i32 == 7);
  for (const uint32_t address : {65533u, 65536u, 0x7fffffffu, 0xffffffffu}) {
    const RawValue arguments[] = {i32(address)};
    const Outcome outcome = store->call(instance, "load", arguments);
    REQUIRE(outcome.kind == Outcome::Kind::Trapped);
    REQUIRE_THAT(outcome.trap.message, Catch::Matchers::StartsWith("out of bounds memory access"));
    REQUIRE(outcome.trap.frames.size() == 1);
  }
  REQUIRE(store->call(instance, "load", last).results[0].i32 == 7);
}

TEST_CASE_METHOD(StoreFixture, "deep recursion exhausts the stack and the store goes on", "[runtime]") {
  HandModule module(types);
  module.function("recurse", module.type({}, {}), GUEST_SPAN(recurse));
  module.function("add", module.type({kI32, kI32}, {kI32}), GUEST_SPAN(add));
  Instance& instance = instantiate(module);
  for (int i = 0; i < 3; ++i) {
    const Outcome outcome = store->call(instance, "recurse", {});
    REQUIRE(outcome.kind == Outcome::Kind::Trapped);
    REQUIRE(outcome.trap.message == "call stack exhausted");
    REQUIRE(outcome.trap.frames.size() == 40);
    // 8 MiB of 16-byte frames.
    REQUIRE(outcome.trap.frames_left_out > 500000);
    REQUIRE(outcome.trap.frames_left_out < 530000);
    const RawValue arguments[] = {i32(1), i32(2)};
    REQUIRE(store->call(instance, "add", arguments).results[0].i32 == 3);
  }
}

TEST_CASE_METHOD(StoreFixture, "an endless loop is interrupted from another thread", "[runtime]") {
  HandModule module(types);
  module.function("spin", module.type({}, {}), GUEST_SPAN(spin));
  module.function("add", module.type({kI32, kI32}, {kI32}), GUEST_SPAN(add));
  Instance& instance = instantiate(module);
  for (int i = 0; i < 20; ++i) {
    // The later the thread starts, the earlier in the call it hits, before it included.
    std::thread interrupter([this, i] {
      if (i % 2) usleep(1000);
      store->interrupt();
    });
    const Outcome outcome = store->call(instance, "spin", {});
    interrupter.join();
    REQUIRE(outcome.kind == Outcome::Kind::Trapped);
    REQUIRE(outcome.interrupted);
    REQUIRE(outcome.trap.message == "interrupted");
  }
  const RawValue arguments[] = {i32(1), i32(2)};
  REQUIRE(store->call(instance, "add", arguments).results[0].i32 == 3);
}

TEST_CASE_METHOD(StoreFixture, "an interrupt between calls stops the next call", "[runtime]") {
  HandModule module(types);
  module.function("add", module.type({kI32, kI32}, {kI32}), GUEST_SPAN(add));
  Instance& instance = instantiate(module);
  store->interrupt();
  const RawValue arguments[] = {i32(1), i32(2)};
  REQUIRE(store->call(instance, "add", arguments).interrupted);
  REQUIRE(store->call(instance, "add", arguments).results[0].i32 == 3);
}

HostOutcome interrupt_self(void* store, Caller& caller, const RawValue*, RawValue* results) {
  static_cast<Store*>(store)->interrupt();
  results[0] = i32(caller.interrupt_requested());
  return HostOutcome::returned();
}

TEST_CASE_METHOD(StoreFixture, "an interrupt during a host function stops the guest on return", "[runtime]") {
  HandModule module(types);
  module.import_function("env", "f", module.type({kI32}, {kI32}));
  module.function("f", module.type({kI32, kI32}, {kI32}), GUEST_SPAN(call_import));
  store->define("env", "f", {{{kI32}, {kI32}}, interrupt_self, store.get()});
  Instance& instance = instantiate(module);
  const RawValue arguments[] = {i32(0), i32(instance.loaded().layout.imported_functions)};
  const Outcome outcome = store->call(instance, "f", arguments);
  REQUIRE(outcome.interrupted);
  REQUIRE(outcome.trap.frames.size() == 1);
}

struct Nested {
  Store* store = nullptr;
  Instance* instance = nullptr;
  const char* name = nullptr;
  Outcome inner;
};

HostOutcome call_back(void* user_data, Caller&, const RawValue* arguments, RawValue* results) {
  auto& nested = *static_cast<Nested*>(user_data);
  const RawValue inner_arguments[] = {arguments[0], i32(nested.instance->loaded().layout.imported_functions)};
  nested.inner = nested.store->call(*nested.instance, nested.name, inner_arguments);
  if (nested.inner.kind == Outcome::Kind::Exited) return HostOutcome::exited(nested.inner.exit_code);
  if (nested.inner.kind == Outcome::Kind::Trapped) return HostOutcome::trapped(nested.inner.trap.message);
  results[0] = nested.inner.results[0];
  return HostOutcome::returned();
}

TEST_CASE_METHOD(StoreFixture, "guest, host and guest again: values return and traps pass through", "[runtime]") {
  HandModule module(types);
  const TypeIndex binary = module.type({kI32, kI32}, {kI32});
  module.import_function("env", "f", module.type({kI32}, {kI32}));
  module.memory(1, 1);
  module.function("outer", binary, GUEST_SPAN(call_import));
  module.function("add", binary, GUEST_SPAN(add));
  module.function("load", binary, GUEST_SPAN(load));
  module.function("wild", binary, GUEST_SPAN(unreachable));
  Nested nested{store.get(), nullptr, "add", {}};
  store->define("env", "f", {{{kI32}, {kI32}}, call_back, &nested});
  Instance& instance = instantiate(module);
  nested.instance = &instance;
  const uint32_t entry_offset = instance.loaded().layout.imported_functions;
  const RawValue arguments[] = {i32(70000), i32(entry_offset)};

  REQUIRE(store->call(instance, "outer", arguments).results[0].i32 == 70000 + entry_offset);

  nested.name = "load";
  Outcome outcome = store->call(instance, "outer", arguments);
  REQUIRE(outcome.kind == Outcome::Kind::Trapped);
  REQUIRE_THAT(outcome.trap.message, Catch::Matchers::StartsWith("out of bounds memory access"));
  REQUIRE(nested.inner.trap.frames.size() == 2);
  REQUIRE(nested.inner.trap.frames[0].function == 3);
  REQUIRE(nested.inner.trap.frames[1].function == 1);
  REQUIRE(outcome.trap.frames.size() == 1);
  REQUIRE(outcome.trap.frames[0].function == 1);

  // The host function calls "outer" again and again, without end.
  nested.name = "outer";
  outcome = store->call(instance, "outer", arguments);
  REQUIRE(outcome.kind == Outcome::Kind::Trapped);
  REQUIRE(outcome.trap.message == "call stack exhausted");
  nested.name = "add";
  REQUIRE(store->call(instance, "outer", arguments).results[0].i32 == 70000 + entry_offset);
}

HostOutcome leave(void*, Caller&, const RawValue* arguments, RawValue*) { return HostOutcome::exited(arguments[0].i32); }

TEST_CASE_METHOD(StoreFixture, "a host function ends the program with a status", "[runtime]") {
  HandModule module(types);
  module.import_function("env", "exit", module.type({kI32}, {}));
  module.function("f", module.type({kI32, kI32}, {}), GUEST_SPAN(call_import));
  store->define("env", "exit", {{{kI32}, {}}, leave, nullptr});
  Instance& instance = instantiate(module);
  const RawValue arguments[] = {i32(77), i32(instance.loaded().layout.imported_functions)};
  const Outcome outcome = store->call(instance, "f", arguments);
  REQUIRE(outcome.kind == Outcome::Kind::Exited);
  REQUIRE(outcome.exit_code == 77);
}

// The signal that ended a child which ran `body`; 0 when it ended by itself.
template <class Body>
int signal_of_child(Body body) {
  const pid_t child = fork();
  if (child == 0) {
    // What a handler of the test program or a sanitizer has to say is not wanted: only whether it dies matters.
    signal(SIGABRT, SIG_DFL);
    close(1);
    close(2);
    body();
    _exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  if (WIFSIGNALED(status)) return WTERMSIG(status);
  // Sanitizers turn the signal into an exit status of their own.
  return WEXITSTATUS(status) == 0 ? 0 : -1;
}

HostOutcome crash(void*, Caller&, const RawValue*, RawValue*) {
  volatile uintptr_t unmapped = 64;  // Volatile, so that no compiler sees that it is wrong.
  *reinterpret_cast<volatile int*>(unmapped) = 1;
  return HostOutcome::returned();
}

TEST_CASE_METHOD(StoreFixture, "a fault in a host function kills the process", "[runtime]") {
  HandModule module(types);
  module.import_function("env", "crash", module.type({kI32}, {}));
  module.function("f", module.type({kI32, kI32}, {}), GUEST_SPAN(call_import));
  store->define("env", "crash", {{{kI32}, {}}, crash, nullptr});
  Instance& instance = instantiate(module);
  const RawValue arguments[] = {i32(0), i32(instance.loaded().layout.imported_functions)};
  REQUIRE(signal_of_child([&] { store->call(instance, "f", arguments); }) != 0);
}

TEST_CASE_METHOD(StoreFixture, "a fault of guest code outside of any guard kills the process", "[runtime]") {
  HandModule module(types);
  module.memory(1, std::nullopt);
  module.function("wild_load", module.type({kI64}, {kI32}), GUEST_SPAN(wild_load));
  Instance& instance = instantiate(module);
  for (const uint64_t address : {uint64_t{64}, uint64_t{1} << 60}) {
    const RawValue arguments[] = {i64(address)};
    REQUIRE(signal_of_child([&] { store->call(instance, "wild_load", arguments); }) != 0);
  }
}

TEST_CASE_METHOD(StoreFixture, "a segmentation fault signal sent by somebody else kills the process", "[runtime]") {
  REQUIRE(signal_of_child([] { raise(SIGSEGV); }) != 0);
}

}  // namespace
}  // namespace wasmrun::runtime::test
