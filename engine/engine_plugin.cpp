// Finds and loads the plugin of the optimizing compiler: beside the program, or in lib/wasmrun beside its folder.
#include <dlfcn.h>
#include <limits.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <string>

#include "engine/artifact/artifact.h"
#include "engine/engine_impl.h"
#include "engine/llvm/plugin.h"

namespace wasmrun {
namespace {

using namespace llvm_compiler;

/// The files that may be the plugin.
std::array<std::string, 2> places() {
  char path[PATH_MAX];
  const ssize_t size = ::readlink("/proc/self/exe", path, sizeof(path));
  std::string folder = size > 0 ? std::string(path, static_cast<size_t>(size)) : std::string();
  folder.resize(folder.rfind('/') == std::string::npos ? 0 : folder.rfind('/'));
  return {folder + "/" + kPluginFile, folder + "/../lib/wasmrun/" + kPluginFile};
}

std::string find_name() {
  constexpr char kDigits[] = "0123456789abcdef";
  for (const std::string& place : places()) {
    const artifact::BuildId id = artifact::build_id_of_file(place.c_str());
    if (id == artifact::BuildId{}) continue;
    std::string name = "LLVM " WASMRUN_LLVM_VERSION " (build ";
    for (size_t i = 0; i < 8; ++i) name += {kDigits[id[i] >> 4], kDigits[id[i] & 15]};
    return name + ")";
  }
  return {};
}

}  // namespace

const std::string& optimizing_compiler_name() {
  static const std::string name = find_name();
  return name;
}

Result<std::unique_ptr<abi::Compiler>> load_optimizing_compiler() {
  std::string problem;
  for (const std::string& place : places()) {
    // Never closed: code and tables may live as long as the process.
    void* const library = ::dlopen(place.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (!library) {
      problem = ::dlerror();
      continue;
    }
    const auto* const contract = static_cast<const char* const*>(::dlsym(library, kPluginContract));
    const auto entry = reinterpret_cast<PluginEntry>(::dlsym(library, kPluginEntry));
    if (contract && entry && std::strcmp(*contract, kContract) == 0) return std::unique_ptr<abi::Compiler>(entry());
    problem = place + " is of another build of wasmrun; install the one that was built with this program";
    break;
  }
  return Error{ErrorKind::Unsupported, "the optimizing compiler cannot be loaded: " + problem};
}

}  // namespace wasmrun
