// Explains imports that nothing provides.
#include "cmd/import_hints.h"

#include <string_view>

namespace wasmrun::cmd {
namespace {

/// Where modules with such imports come from.
enum class Origin {
  Emscripten, UndefinedSymbol, WasmBindgen, GoJs, Wasix, Preview2, WasiExtension, WasiThreads, WasiProposal, Unknown,
};
constexpr Origin kOrigins[] = {
    Origin::Emscripten, Origin::UndefinedSymbol, Origin::WasmBindgen, Origin::GoJs, Origin::Wasix, Origin::Preview2,
    Origin::WasiExtension, Origin::WasiThreads, Origin::WasiProposal, Origin::Unknown,
};

std::string_view hint_for(Origin origin) {
  switch (origin) {
    case Origin::Emscripten:
      return "The module was built by Emscripten for JavaScript. Build it with `emcc -sSTANDALONE_WASM`, or with a WASI tool chain "
             "(clang --target=wasm32-wasi).";
    case Origin::UndefinedSymbol:
      return "Imports from 'env' are usually functions that the linker did not find. Link the library that defines them, and leave "
             "out --allow-undefined to see where they are used.";
    case Origin::WasmBindgen:
      return "The module was built by wasm-bindgen for JavaScript. Build the program for the target wasm32-wasip1, without wasm-bindgen.";
    case Origin::GoJs:
      return "The module was built by Go for JavaScript. Build it with GOOS=wasip1 GOARCH=wasm.";
    case Origin::Wasix:
      return "The module was built for WASIX, an extension of WASI by one runtime. Build it for plain WASI preview 1.";
    case Origin::Preview2:
      return "The module was built for WASI preview 2. Build it for the target wasm32-wasip1.";
    case Origin::WasiExtension:
      return "WASI preview 1 has no function of that name; some runtimes add their own. Build the program without them.";
    case Origin::WasiThreads:
      return "The module uses wasi-threads, whose function thread-spawn has the type [i32] -> [i32].";
    case Origin::WasiProposal:
      return "The module uses a WASI proposal that wasmrun does not have.";
    case Origin::Unknown:
      return "A module that exports them can be given with --preload NAME=FILE.";
  }
  return {};
}

Origin origin_of(std::string_view module, std::string_view name) {
  if (module.starts_with("wasix_")) return Origin::Wasix;
  if (module.starts_with("wasi:")) return Origin::Preview2;
  if (module == "wasi_snapshot_preview1" || module == "wasi_unstable") return Origin::WasiExtension;
  if (module == "wasi") return name == "thread-spawn" ? Origin::WasiThreads : Origin::WasiProposal;
  if (module.starts_with("wasi_")) return Origin::WasiProposal;
  if (module == "gojs" || (module == "go" && (name.starts_with("runtime.") || name.starts_with("syscall/js.")))) return Origin::GoJs;
  if (module == "wbg" || module.starts_with("__wbindgen") || name.starts_with("__wbindgen") || name.starts_with("__wbg_"))
    return Origin::WasmBindgen;
  // Emscripten's optimizer shortens the module's name to "a".
  if (module == "a") return Origin::Emscripten;
  if (module == "env") {
    for (const std::string_view prefix : {"emscripten_", "_emscripten_", "__syscall_", "invoke_", "__cxa_", "_abort_js", "_embind_",
                                          "_emval_", "__asyncjs__", "segfault", "alignfault", "_tzset_js", "_mmap_js", "_munmap_js"}) {
      if (name.starts_with(prefix)) return Origin::Emscripten;
    }
    return Origin::UndefinedSymbol;
  }
  return Origin::Unknown;
}

}  // namespace

std::string describe_missing_imports(std::span<const Store::MissingImport> missing) {
  std::string text;
  unsigned origins = 0;
  for (const Store::MissingImport& import : missing) {
    text += "  " + import.wanted.module + "." + import.wanted.name + ": " + import.wanted.type;
    if (!import.found.empty()) text += " (there is one, but its type is " + import.found + ")";
    text += '\n';
    if (import.found.empty()) origins |= 1u << static_cast<unsigned>(origin_of(import.wanted.module, import.wanted.name));
  }
  // Emscripten's modules import from 'env' in many ways; the one certain sign explains the others.
  if (origins & 1u << static_cast<unsigned>(Origin::Emscripten)) origins &= ~(1u << static_cast<unsigned>(Origin::UndefinedSymbol));
  for (const Origin origin : kOrigins) {
    if (!(origins & 1u << static_cast<unsigned>(origin))) continue;
    text += hint_for(origin);
    text += '\n';
  }
  return text;
}

}  // namespace wasmrun::cmd
