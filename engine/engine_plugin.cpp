// Finds and loads the plugin of the optimizing compiler: beside the program, or in lib/wasmrun beside its folder. A program that is
// linked statically finds it only, for the cache's sake; another one of the same build loads it (cmd/hand_over.h).
#include <dlfcn.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <string>

#include "engine/base/elf_note.h"
#include "engine/base/owned_fd.h"
#include "engine/base/program.h"
#include "engine/engine_impl.h"
#include "engine/llvm/plugin.h"

namespace wasmrun {
namespace {

using namespace llvm_compiler;

std::string find_name() {
  constexpr char kDigits[] = "0123456789abcdef";
  constexpr size_t kBytesShown = 8;
  for (const std::string& place : companions(kPluginFile)) {
    const OwnedFd file(::open(place.c_str(), O_RDONLY | O_CLOEXEC));
    const auto id = find_elf_note(file.get(), ELF_NOTE_GNU, NT_GNU_BUILD_ID);
    if (!id || id->contents.size() < kBytesShown) continue;
    std::string name = "LLVM " WASMRUN_LLVM_VERSION " (build ";
    for (size_t i = 0; i < kBytesShown; ++i) name += {kDigits[id->contents[i] >> 4], kDigits[id->contents[i] & 15]};
    return name + ")";
  }
  return {};
}

Result<std::unique_ptr<abi::Compiler>> load_plugin() {
  std::string problem;
  for (const std::string& place : companions(kPluginFile)) {
    // Never closed: code and tables may live as long as the process.
    void* const library = ::dlopen(place.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (!library) {
      problem = ::dlerror();
      continue;
    }
    const auto build = reinterpret_cast<PluginBuild>(::dlsym(library, kPluginBuild));
    const auto entry = reinterpret_cast<PluginEntry>(::dlsym(library, kPluginEntry));
    if (build && entry && build() == own_build_id()) return std::unique_ptr<abi::Compiler>(entry());
    problem = place + " is of another build of wasmrun; install the one that was built with this program";
    break;
  }
  return Error{ErrorKind::Unsupported, problem};
}

/// What keeps the other program from doing it.
std::string problem_of_other_program() {
  std::string problem;
  for (const std::string& place : companions(kLoadingProgram)) {
    if (::access(place.c_str(), X_OK) == 0) return "this program is linked statically";
    if (problem.empty()) problem = place + ": " + ::strerror(errno);
  }
  return problem;
}

}  // namespace

const std::string& optimizing_compiler_name() {
  static const std::string name = find_name();
  return name;
}

// The C library would try in a static program too, with a second copy of itself.
bool can_load_optimizing_compiler() { return !is_static_program(); }

Result<std::unique_ptr<abi::Compiler>> load_optimizing_compiler() {
  const std::string what = "the optimizing compiler cannot be loaded: ";
  if (!can_load_optimizing_compiler()) return Error{ErrorKind::Unsupported, what + problem_of_other_program()};
  auto loaded = load_plugin();
  if (!loaded.ok()) return Error{ErrorKind::Unsupported, what + loaded.error().message};
  return loaded;
}

}  // namespace wasmrun
