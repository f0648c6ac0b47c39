// The register table of calling_convention.h against LLVM itself.
#include "engine/abi/calling_convention.h"

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "tests/support/catch.h"

namespace wasmrun::abi {
namespace {

using module::kF32;
using module::kF64;
using module::kI32;
using module::kI64;
using module::kV128;

using Kind = ValuePlace::Kind;

std::vector<ValuePlace> parameters(std::vector<module::ValueType> types) {
  std::vector<ValuePlace> places;
  assign_parameters(types, places);
  return places;
}

TEST_CASE("each kind of argument is counted on its own", "[abi]") {
  const auto places = parameters({kI32, kF32, kI64, kV128, module::kExternRef, kF64});
  const std::vector<ValuePlace> expected = {{Kind::IntegerRegister, 0}, {Kind::VectorRegister, 0},
                                            {Kind::IntegerRegister, 1}, {Kind::VectorRegister, 1},
                                            {Kind::IntegerRegister, 2}, {Kind::VectorRegister, 2}};
  REQUIRE(places == expected);
}

TEST_CASE("what finds no register is spilled in parameter order", "[abi]") {
  std::vector<module::ValueType> types(12, kI32);
  types.insert(types.end(), 9, kF64);
  types.push_back(kI64);
  const auto places = parameters(types);
  REQUIRE(places[10] == ValuePlace{Kind::IntegerRegister, 10});
  REQUIRE(places[11] == ValuePlace{Kind::Spill, 0});
  REQUIRE(places[19] == ValuePlace{Kind::VectorRegister, 7});
  REQUIRE(places[20] == ValuePlace{Kind::Spill, 1});
  REQUIRE(places[21] == ValuePlace{Kind::Spill, 2});
}

TEST_CASE("two results of each kind travel in registers", "[abi]") {
  std::vector<ValuePlace> places;
  assign_results(std::vector{kI32, kF64, kI64, kI32, kV128, kF32}, places);
  const std::vector<ValuePlace> expected = {{Kind::IntegerRegister, 0}, {Kind::VectorRegister, 0},
                                            {Kind::IntegerRegister, 1}, {Kind::Spill, 0},
                                            {Kind::VectorRegister, 1},  {Kind::Spill, 1}};
  REQUIRE(places == expected);
}

// The comment at the top of calling_convention.h, as data.
constexpr const char* kIntegerRegisters[] = {"r12", "r13", "r14", "r15", "rdi", "rsi",
                                             "rdx", "rcx", "r8",  "r9",  "r11", "rax"};
constexpr const char* kIntegerResultRegisters[] = {"rax", "rdx"};

// What `command` prints; nothing when it fails.
std::string output_of(const std::string& command) {
  FILE* pipe = popen(command.c_str(), "r");
  if (!pipe) return {};
  std::string text;
  char buffer[4096];
  while (const size_t size = fread(buffer, 1, sizeof buffer, pipe)) text.append(buffer, size);
  return pclose(pipe) == 0 ? text : std::string();
}

std::string find_llc() {
  for (const char* name : {"llc-22", "llc-21", "llc-20", "llc-19"}) {
    if (!output_of(std::string("command -v ") + name + " 2>/dev/null").empty()) return name;
  }
  return {};
}

// The assembly that llc makes of `ir`, without comments and blanks that vary.
std::string compile(const std::string& llc, const std::string& ir) {
  char path[] = "/tmp/wasmrun-abi-XXXXXX";
  const int file = mkstemp(path);
  REQUIRE(file >= 0);
  FILE* stream = fdopen(file, "w");
  fputs(ir.c_str(), stream);
  fclose(stream);
  const std::string text = output_of(
      llc + " -O2 -mtriple=x86_64-linux-gnu --frame-pointer=all -x86-asm-syntax=intel -o - " + path);
  std::remove(path);
  REQUIRE(!text.empty());
  return text;
}

// The whole prototype, 12 integers and 8 vectors, as a parameter list; `prefix` goes before each name.
std::string parameter_list(const std::string& prefix) {
  std::string list;
  for (int i = 0; i < 12; ++i) list += (i ? ", i64 " : "i64 ") + prefix + "i" + std::to_string(i);
  for (int i = 0; i < 8; ++i) list += ", <2 x i64> " + prefix + "v" + std::to_string(i);
  return list;
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

// The assembly of one function, from its label to its end.
std::string function_of(const std::string& assembly, const std::string& name) {
  const size_t begin = assembly.find("\n" + name + ":");
  REQUIRE(begin != std::string::npos);
  return assembly.substr(begin, assembly.find(".Lfunc_end", begin) - begin);
}

TEST_CASE("LLVM's preserve_none passes values where the table says", "[abi]") {
  const std::string llc = find_llc();
  if (llc.empty()) {
    WARN("SKIPPED: no llc-19..22 on this machine: the calling convention is not compared with LLVM");
    return;
  }
  INFO(llc);
  std::string ir;
  // One function an argument: it stores it away.
  for (int i = 0; i < 12; ++i) {
    const std::string n = std::to_string(i);
    ir += "@gi" + n + " = global i64 0\ndefine preserve_nonecc void @int" + n + "(" + parameter_list("%") +
          ") {\n  store volatile i64 %i" + n + ", ptr @gi" + n + "\n  ret void\n}\n";
  }
  for (int i = 0; i < 8; ++i) {
    const std::string n = std::to_string(i);
    ir += "@gv" + n + " = global <2 x i64> zeroinitializer\ndefine preserve_nonecc void @vec" + n + "(" +
          parameter_list("%") + ") {\n  store volatile <2 x i64> %v" + n + ", ptr @gv" + n + "\n  ret void\n}\n";
  }
  // Results, and a scalar float in a vector's place.
  ir += "define preserve_nonecc {i64, i64, double, double} @results(i64 %a) {\n"
        "  %r0 = insertvalue {i64, i64, double, double} undef, i64 11, 0\n"
        "  %r1 = insertvalue {i64, i64, double, double} %r0, i64 22, 1\n"
        "  %r2 = insertvalue {i64, i64, double, double} %r1, double 0.0, 2\n"
        "  %r3 = insertvalue {i64, i64, double, double} %r2, double 0.0, 3\n"
        "  ret {i64, i64, double, double} %r3\n}\n";
  ir += "define preserve_nonecc double @second_double(double %a, double %b) {\n  ret double %b\n}\n";
  // A tail call with every register in use, two of them exchanged, is moves and a jump.
  ir += "declare preserve_nonecc i64 @callee(" + parameter_list("%") + ")\n";
  std::string swapped = parameter_list("%");
  swapped.replace(swapped.find("%i1,"), 3, "%TT");
  swapped.replace(swapped.find("%i2,"), 3, "%i1");
  swapped.replace(swapped.find("%TT,"), 3, "%i2");
  ir += "define preserve_nonecc i64 @tail(" + parameter_list("%") + ") {\n  %r = musttail call preserve_nonecc i64 @callee(" +
        swapped + ")\n  ret i64 %r\n}\n";
  // Only rsp and rbp survive: a value that lives over a call is on the stack.
  ir += "declare preserve_nonecc void @other(i64)\n"
        "define preserve_nonecc i64 @across(i64 %instance, i64 %a) {\n"
        "  call preserve_nonecc void @other(i64 %instance)\n  ret i64 %a\n}\n";

  const std::string assembly = compile(llc, ir);
  for (int i = 0; i < 12; ++i) {
    const std::string n = std::to_string(i);
    const std::string code = function_of(assembly, "int" + n);
    INFO(code);
    REQUIRE(has(code, std::string(", ") + kIntegerRegisters[i] + "\n"));
  }
  for (int i = 0; i < 8; ++i) {
    const std::string n = std::to_string(i);
    const std::string code = function_of(assembly, "vec" + n);
    INFO(code);
    REQUIRE(has(code, ", xmm" + n + "\n"));
  }
  {
    const std::string code = function_of(assembly, "results");
    INFO(code);
    REQUIRE(std::string_view(kIntegerResultRegisters[0]) == "rax");
    REQUIRE(has(code, "eax, 11\n"));
    REQUIRE(std::string_view(kIntegerResultRegisters[1]) == "rdx");
    REQUIRE(has(code, "edx, 22\n"));
    REQUIRE(has(code, "xorps\txmm0, xmm0"));
    REQUIRE(has(code, "xorps\txmm1, xmm1"));
  }
  {
    const std::string code = function_of(assembly, "second_double");
    INFO(code);
    REQUIRE(has(code, "movaps\txmm0, xmm1"));
  }
  {
    const std::string code = function_of(assembly, "tail");
    INFO(code);
    REQUIRE(has(code, "r13, r14\n"));
    REQUIRE(has(code, "r14, "));
    REQUIRE(has(code, "jmp\tcallee"));
    REQUIRE(!has(code, "\tcall\t"));
    // Nothing but the frame pointer goes through memory.
    REQUIRE(!has(code, "ptr ["));
  }
  {
    const std::string code = function_of(assembly, "across");
    INFO(code);
    REQUIRE(has(code, "], r13"));
    REQUIRE(!has(code, "push\trbx"));
  }
}

}  // namespace
}  // namespace wasmrun::abi
