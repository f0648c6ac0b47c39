// Finds and loads the plugin of the optimizing compiler: beside the program, or in lib/wasmrun beside its folder.
#include <dlfcn.h>
#include <limits.h>
#include <unistd.h>

#include <string>

#include "engine/engine_impl.h"
#include "engine/llvm/plugin.h"

namespace wasmrun {

Result<std::unique_ptr<abi::Compiler>> load_optimizing_compiler() {
  using namespace llvm_compiler;
  char path[PATH_MAX];
  const ssize_t size = ::readlink("/proc/self/exe", path, sizeof(path));
  std::string folder = size > 0 ? std::string(path, static_cast<size_t>(size)) : std::string();
  folder.resize(folder.rfind('/') == std::string::npos ? 0 : folder.rfind('/'));
  std::string problem;
  for (const std::string& place : {folder + "/", folder + "/../lib/wasmrun/"}) {
    // Never closed: code and tables may live as long as the process.
    void* const library = ::dlopen((place + kPluginFile).c_str(), RTLD_NOW | RTLD_LOCAL);
    if (!library) {
      problem = ::dlerror();
      continue;
    }
    const auto entry = reinterpret_cast<PluginEntry>(::dlsym(library, kPluginEntry));
    if (entry) return std::unique_ptr<abi::Compiler>(entry());
    problem = std::string(kPluginFile) + " is of another version";
  }
  return Error{ErrorKind::Unsupported, "the optimizing compiler cannot be loaded: " + problem};
}

}  // namespace wasmrun
