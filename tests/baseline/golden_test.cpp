// Compiles tests/golden/baseline/x64/<instruction>/<case>.wat and compares the code of each function with the listing at the
// end of the file. UPDATE_GOLDEN=1 in the environment rewrites the listings instead; read the diff before committing it.
//
// A first line ";; options: ..." may name v2 (no AVX, BMI, LZCNT; the default has them) and checked (no guard pages).
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "engine/baseline/baseline.h"
#include "engine/binary/read_module.h"
#include "engine/text/text.h"
#include "engine/validate/validate.h"
#include "tests/baseline/disassemble.h"
#include "tests/support/catch.h"

namespace {

using namespace wasmrun;
namespace fs = std::filesystem;

constexpr const char* kListingMark = ";; ---- code ----";

abi::CompileOptions options_of(const std::string& source) {
  const std::string first = source.substr(0, source.find('\n'));
  const bool has_options = first.rfind(";; options:", 0) == 0;
  abi::CompileOptions options;
  if (!has_options || first.find("v2") == std::string::npos) {
    options.cpu.lzcnt = options.cpu.bmi1 = options.cpu.bmi2 = options.cpu.avx = true;
  }
  if (has_options && first.find("checked") != std::string::npos) options.guard_pages = false;
  return options;
}

std::string compile_to_listing(const std::string& source) {
  auto bytes = text::assemble_module(source);
  if (!bytes) return "does not assemble: " + bytes.error().to_string() + "\n";
  module::TypeRegistry types;
  auto module = binary::read_module(std::make_shared<const std::vector<uint8_t>>(std::move(bytes).value()), types);
  if (!module) return "does not decode: " + module.error().to_string() + "\n";
  auto compilation = baseline::make_compiler()->begin(module.value(), options_of(source));
  REQUIRE(compilation.ok());
  {
    const auto worker = compilation.value()->new_worker();
    validate::FunctionValidator validator(module.value());
    module::FunctionSummary summary;
    for (uint32_t i = module.value().imported_functions; i < module.value().functions.size(); ++i) {
      if (auto valid = validator.check(FuncIndex(i), summary); !valid) return "is invalid: " + valid.error().to_string() + "\n";
      if (auto done = worker->compile(FuncIndex(i), summary); !done) return "error: " + done.error().to_string() + "\n";
    }
  }
  const auto compiled = compilation.value()->finish();
  REQUIRE(compiled.ok());
  std::string listing;
  for (size_t i = 0; i < compiled.value().functions.size(); ++i) {
    const abi::CompiledFunction& function = compiled.value().functions[i];
    listing += "function " + std::to_string(module.value().imported_functions + i) + "\n";
    listing += tests::disassemble(std::span(compiled.value().code->base() + function.code_begin,
                                            compiled.value().code->base() + function.code_end));
  }
  return listing;
}

std::string as_comments(const std::string& listing) {
  std::istringstream lines(listing);
  std::string result, line;
  while (std::getline(lines, line)) result += ";; " + line + "\n";
  return result;
}

}  // namespace

TEST_CASE("generated code is that of the golden files", "[baseline][golden]") {
  if (!tests::has_disassembler()) {
    WARN("SKIPPED: built without Zydis (package libzydis-dev)");
    return;
  }
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(GOLDEN_DIRECTORY)) {
    if (entry.path().extension() == ".wat") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  REQUIRE(files.size() >= 30);
  const bool update = std::getenv("UPDATE_GOLDEN") != nullptr;
  for (const fs::path& path : files) {
    CAPTURE(path.string());
    std::stringstream buffer;
    buffer << std::ifstream(path).rdbuf();
    std::string source = buffer.str();
    const size_t mark = source.find(kListingMark);
    const std::string expected = mark == std::string::npos ? "" : source.substr(mark + std::string(kListingMark).size() + 1);
    if (mark != std::string::npos) source.resize(mark);
    const std::string actual = as_comments(compile_to_listing(source));
    if (update && actual != expected) {
      std::ofstream(path) << source << kListingMark << "\n" << actual;
    } else {
      CHECK(actual == expected);
    }
  }
}
