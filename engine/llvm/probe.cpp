// See probe.h.
#include "engine/llvm/probe.h"

#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/Module.h>

#include <algorithm>
#include <vector>

#include "engine/abi/calling_convention.h"
#include "engine/llvm/handler_tables.h"
#include "engine/llvm/object.h"
#include "engine/llvm/versions.h"

namespace wasmrun::llvm_compiler {

namespace {

// Numbers of general registers in machine code. r12 holds the instance.
constexpr uint8_t kIntegers[] = {13, 14, 15, 7, 6, 2, 1, 8, 9, 11, 0};
constexpr uint8_t kIntegerResultRegisters[] = {0, 2};
static_assert(std::size(kIntegers) == abi::kIntegerArguments && std::size(kIntegerResultRegisters) == abi::kIntegerResults);

/// mov between a register and [r12 + offset].
std::vector<uint8_t> integer_move(bool stores, uint8_t reg, uint8_t offset) {
  return {static_cast<uint8_t>(0x49 | (reg >> 3) << 2), static_cast<uint8_t>(stores ? 0x89 : 0x8b), static_cast<uint8_t>(0x44 | (reg & 7) << 3), 0x24, offset};
}

/// movups between xmm0..7 and [r12 + offset].
std::vector<uint8_t> vector_move(bool stores, uint8_t reg, uint32_t offset) {
  std::vector<uint8_t> code = {0x41, 0x0f, static_cast<uint8_t>(stores ? 0x11 : 0x10)};
  code.push_back(static_cast<uint8_t>((offset < 128 ? 0x44 : 0x84) | reg << 3));
  code.push_back(0x24);
  for (int i = 0; i < (offset < 128 ? 1 : 4); ++i) code.push_back(static_cast<uint8_t>(offset >> 8 * i));
  return code;
}

constexpr uint8_t kVectorsBegin = 96;

}  // namespace

Result<void> check_convention(llvm::TargetMachine& machine) {
  llvm::LLVMContext context;
  llvm::Module ir("probe", context);
  ir.setTargetTriple(triple_argument(machine.getTargetTriple()));
  ir.setDataLayout(machine.createDataLayout());
  llvm::IRBuilder<> b(context);
  llvm::Type* const ptr = llvm::PointerType::get(context, 0);
  llvm::Type* const i64 = b.getInt64Ty();
  llvm::Type* const v128 = llvm::FixedVectorType::get(i64, 2);
  std::vector<llvm::Type*> parameters = {ptr};
  parameters.insert(parameters.end(), abi::kIntegerArguments, i64);
  parameters.insert(parameters.end(), abi::kVectorArguments, v128);
  auto* const type = llvm::FunctionType::get(llvm::StructType::get(context, {i64, i64, v128, v128}), parameters, false);
  auto* const probe = llvm::Function::Create(type, llvm::GlobalValue::ExternalLinkage, "probe", ir);
  probe->setCallingConv(llvm::CallingConv::PreserveNone);
  // Unaligned moves have one form where AVX is not to be used.
  probe->addFnAttr("target-features", "-avx");
  b.SetInsertPoint(llvm::BasicBlock::Create(context, "", probe));
  const auto field = [&](uint64_t offset) { return b.CreateConstGEP1_64(b.getInt8Ty(), probe->getArg(0), offset); };

  // Volatile accesses stay in order, one instruction each.
  std::vector<std::vector<uint8_t>> expected;
  for (uint8_t i = 0; i < abi::kIntegerArguments; ++i) {
    b.CreateAlignedStore(probe->getArg(1u + i), field(uint64_t{8} * (i + 1u)), llvm::Align(1), true);
    expected.push_back(integer_move(true, kIntegers[i], static_cast<uint8_t>(8 * (i + 1))));
  }
  for (uint8_t i = 0; i < abi::kVectorArguments; ++i) {
    const uint32_t offset = kVectorsBegin + 16u * i;
    b.CreateAlignedStore(probe->getArg(1 + abi::kIntegerArguments + i), field(offset), llvm::Align(1), true);
    expected.push_back(vector_move(true, i, offset));
  }
  llvm::Value* result = llvm::PoisonValue::get(type->getReturnType());
  for (uint8_t i = 0; i < abi::kIntegerResults; ++i) {
    result = b.CreateInsertValue(result, b.CreateAlignedLoad(i64, field(uint64_t{8} * (i + 1u)), llvm::Align(1), true), i);
    expected.push_back(integer_move(false, kIntegerResultRegisters[i], static_cast<uint8_t>(8 * (i + 1))));
  }
  for (uint8_t i = 0; i < abi::kVectorResults; ++i) {
    const uint32_t offset = kVectorsBegin + 16u * i;
    result = b.CreateInsertValue(result, b.CreateAlignedLoad(v128, field(offset), llvm::Align(1), true), abi::kIntegerResults + i);
    expected.push_back(vector_move(false, i, offset));
  }
  b.CreateRet(result);

  const std::string bytes = emit_object(machine, ir);
  const Object object = TRY(Object::read({reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()}));
  const uint32_t text = object.find_section(".text");
  if (text == 0) return Error{ErrorKind::Io, "LLVM made no code for a probe of its calling convention"};
  auto at = object.sections[text].bytes.begin();
  const auto end = object.sections[text].bytes.end();
  for (const std::vector<uint8_t>& instruction : expected) {
    at = std::search(at, end, instruction.begin(), instruction.end());
    if (at == end) {
      return Error{ErrorKind::Io,
                   "LLVM " LLVM_VERSION_STRING " passes values in other registers than wasmrun; use the LLVM that wasmrun was built for"};
    }
    at += static_cast<ptrdiff_t>(instruction.size());
  }
  return {};
}

Result<void> check_landing_pads(llvm::TargetMachine& machine) {
  llvm::LLVMContext context;
  llvm::Module ir("probe", context);
  ir.setTargetTriple(triple_argument(machine.getTargetTriple()));
  ir.setDataLayout(machine.createDataLayout());
  llvm::IRBuilder<> b(context);
  llvm::Type* const ptr = llvm::PointerType::get(context, 0);
  auto* const type = llvm::FunctionType::get(b.getVoidTy(), {ptr, ptr}, false);
  auto* const probe = llvm::Function::Create(type, llvm::GlobalValue::ExternalLinkage, "probe", ir);
  probe->setCallingConv(llvm::CallingConv::PreserveNone);
  probe->addFnAttr("frame-pointer", "all");
  probe->setPersonalityFn(llvm::cast<llvm::Constant>(ir.getOrInsertFunction("personality", b.getVoidTy()).getCallee()));
  auto* const entry = llvm::BasicBlock::Create(context, "", probe);
  auto* const next = llvm::BasicBlock::Create(context, "", probe);
  auto* const landing_pad = llvm::BasicBlock::Create(context, "", probe);
  b.SetInsertPoint(entry);
  llvm::Value* const instance = b.CreateAlloca(ptr);
  llvm::Value* const exception = b.CreateAlloca(ptr);
  b.CreateStore(probe->getArg(0), instance);
  b.CreateIntrinsic(llvm::Intrinsic::experimental_stackmap, {}, {b.getInt64(0), b.getInt32(0), instance});
  b.CreateInvoke(type, probe->getArg(1), next, landing_pad, {probe->getArg(0), probe->getArg(1)})->setCallingConv(llvm::CallingConv::PreserveNone);
  b.SetInsertPoint(next);
  b.CreateRetVoid();
  b.SetInsertPoint(landing_pad);
  llvm::LandingPadInst* const caught = b.CreateLandingPad(llvm::StructType::get(context, {ptr, b.getInt32Ty()}), 1);
  caught->addClause(ir.getOrInsertGlobal("h7", b.getInt8Ty()));
  b.CreateStore(b.CreateExtractValue(caught, 0), exception, true);
  b.CreateRetVoid();

  const std::string bytes = emit_object(machine, ir);
  const Object object = TRY(Object::read({reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()}));
  const std::vector<CatchSite> sites = TRY(catch_sites(object));
  const auto wrong = [](const char* what) {
    return Error{ErrorKind::Io, std::string("LLVM " LLVM_VERSION_STRING " makes other landing pads than wasmrun expects: ") + what};
  };
  if (sites.size() != 1 || sites[0].first_handler != 7) return wrong("tables");
  const CatchSite& site = sites[0];
  const std::span<const uint8_t> code = object.sections[site.section].bytes;
  if (site.end > code.size() || site.landing_pad + 3 > code.size() || site.frame_bytes > INT8_MAX) return wrong("sizes");
  const auto holds = [&](uint64_t begin, uint64_t end, std::initializer_list<uint8_t> wanted) {
    return std::search(code.begin() + static_cast<ptrdiff_t>(begin), code.begin() + static_cast<ptrdiff_t>(end), wanted.begin(), wanted.end()) !=
           code.begin() + static_cast<ptrdiff_t>(end);
  };
  // push rbp; mov rbp, rsp; sub rsp, frame_bytes; mov [rbp + instance_offset], r12
  if (!holds(0, site.begin, {0x55, 0x48, 0x89, 0xe5})) return wrong("the frame pointer");
  if (!holds(0, site.begin, {0x48, 0x83, 0xec, static_cast<uint8_t>(site.frame_bytes)})) return wrong("the size of a frame");
  if (!holds(0, site.end, {0x4c, 0x89, 0x65, static_cast<uint8_t>(site.instance_offset)})) return wrong("where the instance lies");
  // call r13
  if (site.end < 3 || !holds(site.end - 3, site.end, {0x41, 0xff, 0xd5})) return wrong("where a call ends");
  // mov [rbp + ...], rax
  if (!holds(site.landing_pad, site.landing_pad + 3, {0x48, 0x89, 0x45})) return wrong("the register of the exception");
  return {};
}

}  // namespace wasmrun::llvm_compiler
