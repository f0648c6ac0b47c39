#include "tests/baseline/machine.h"

#include <sys/mman.h>

#include "engine/abi/calling_convention.h"
#include "engine/base/check.h"
#include "engine/baseline/baseline.h"
#include "engine/binary/read_module.h"
#include "engine/validate/validate.h"

namespace wasmrun::testing {

namespace {

/// What calling_convention.h puts into registers, in its order.
struct Registers {
  abi::Slot vectors[abi::kVectorArguments];
  uint64_t integers[abi::kIntegerArguments];
};

}  // namespace

// TrapCode in eax: makes wasmrun_test_enter return it.
extern "C" void wasmrun_test_trap();
// Loads all argument registers, calls, stores the result registers. Returns 0 or a TrapCode.
extern "C" uint32_t wasmrun_test_enter(Registers*, const void* code, abi::InstanceHeader*);

asm(R"(
.intel_syntax noprefix
.text
.local wasmrun_test_frame
.comm wasmrun_test_frame, 8, 8
.globl wasmrun_test_trap
wasmrun_test_trap:
  mov rbp, [rip + wasmrun_test_frame]
  jmp 1f
.globl wasmrun_test_enter
wasmrun_test_enter:
  push rbp
  mov rbp, rsp
  push rbx
  push r12
  push r13
  push r14
  push r15
  push rdi
  mov [rip + wasmrun_test_frame], rbp
  mov r12, rdx
  mov r10, rsi
  mov rbx, rdi
  movaps xmm0, [rbx]
  movaps xmm1, [rbx + 16]
  movaps xmm2, [rbx + 32]
  movaps xmm3, [rbx + 48]
  movaps xmm4, [rbx + 64]
  movaps xmm5, [rbx + 80]
  movaps xmm6, [rbx + 96]
  movaps xmm7, [rbx + 112]
  mov r13, [rbx + 128]
  mov r14, [rbx + 136]
  mov r15, [rbx + 144]
  mov rdi, [rbx + 152]
  mov rsi, [rbx + 160]
  mov rdx, [rbx + 168]
  mov rcx, [rbx + 176]
  mov r8, [rbx + 184]
  mov r9, [rbx + 192]
  mov r11, [rbx + 200]
  mov rax, [rbx + 208]
  call r10
  mov rdi, [rbp - 48]
  movaps [rdi], xmm0
  movaps [rdi + 16], xmm1
  mov [rdi + 128], rax
  mov [rdi + 136], rdx
  xor eax, eax
1:
  lea rsp, [rbp - 40]
  pop r15
  pop r14
  pop r13
  pop r12
  pop rbx
  pop rbp
  ret
.att_syntax
)");

Machine::Machine(std::shared_ptr<const Bytes> bytes, const abi::CpuFeatures& cpu) {
  auto read = binary::read_module(std::move(bytes), types_);
  CHECK(read.ok());
  module_ = std::move(read).value();
  CHECK(validate::check_module(module_).ok());
  const auto compiler = baseline::make_compiler();
  abi::CompileOptions options;
  options.cpu = cpu;
  auto compilation = compiler->begin(module_, options);
  CHECK(compilation.ok());
  {
    const auto worker = compilation.value()->new_worker();
    validate::FunctionValidator validator(module_);
    module::FunctionSummary summary;
    for (uint32_t i = 0; i < module_.functions.size(); ++i) {
      const auto checked = validator.check(FuncIndex(i), summary);
      if (!checked.ok()) check_failed(checked.error().to_string().c_str(), __FILE__, __LINE__);
      const auto compiled = worker->compile(FuncIndex(i), summary);
      if (!compiled.ok()) check_failed(compiled.error().to_string().c_str(), __FILE__, __LINE__);
    }
  }
  auto finished = compilation.value()->finish();
  CHECK(finished.ok());
  code_ = std::move(finished).value();

  const abi::ModuleLayout layout(module_);
  instance_.resize(layout.size_bytes / sizeof(abi::Slot) + 1);
  auto& header = *reinterpret_cast<abi::InstanceHeader*>(instance_.data());
  context_.spill_area = spill_area_.data();
  header.context = &context_;
  header.trap_exit = reinterpret_cast<const void*>(&wasmrun_test_trap);
  if (!module_.memories.empty()) {
    mapping_ = static_cast<uint8_t*>(
        mmap(nullptr, kMemoryBytes + 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    CHECK(mapping_ != MAP_FAILED && mprotect(mapping_ + kMemoryBytes, 4096, PROT_NONE) == 0);
    memory_ = mapping_;
    header.memory0_base = memory_;
    header.memory0_size_bytes = kMemoryBytes;
  }
}

Machine::~Machine() {
  if (mapping_) munmap(mapping_, kMemoryBytes + 4096);
}

abi::TrapCode Machine::call(uint32_t function, const std::vector<abi::Slot>& arguments,
                            std::vector<abi::Slot>& results) {
  const module::FuncType& type = module_.func_type(FuncIndex(function));
  std::vector<abi::ValuePlace> places;
  abi::assign_parameters(type.params, places);
  alignas(16) Registers registers{};
  for (size_t i = 0; i < places.size(); ++i) {
    switch (places[i].kind) {
      case abi::ValuePlace::Kind::VectorRegister: registers.vectors[places[i].index] = arguments[i]; break;
      // Bits above an i32 are unspecified: make them visible.
      case abi::ValuePlace::Kind::IntegerRegister:
        registers.integers[places[i].index] =
            type.params[i] == module::kI32 ? arguments[i].low | 0xdead'beef'0000'0000 : arguments[i].low;
        break;
      case abi::ValuePlace::Kind::Spill: CHECK(!"all arguments of tests travel in registers");
    }
  }
  const uint32_t trap =
      wasmrun_test_enter(&registers, code_.entry(function), reinterpret_cast<abi::InstanceHeader*>(instance_.data()));
  if (trap != 0) return static_cast<abi::TrapCode>(trap);
  places.clear();
  abi::assign_results(type.results, places);
  results.assign(places.size(), {});
  for (size_t i = 0; i < places.size(); ++i) {
    CHECK(places[i].kind != abi::ValuePlace::Kind::Spill);
    const bool is_vector = places[i].kind == abi::ValuePlace::Kind::VectorRegister;
    results[i] = is_vector ? registers.vectors[places[i].index] : abi::Slot{registers.integers[places[i].index], 0};
    // Only the value's own bits mean anything.
    if (type.results[i] == module::kI32 || type.results[i] == module::kF32) results[i].low &= 0xffff'ffff;
    if (type.results[i] != module::kV128) results[i].high = 0;
  }
  return abi::TrapCode::none;
}

}  // namespace wasmrun::testing
