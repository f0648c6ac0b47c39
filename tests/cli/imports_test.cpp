// Linking: missing imports, wrong types, --preload.
#include "tests/cli/command.h"

using namespace cli;

TEST_CASE("all missing imports are listed with types and where they come from", "[cli][imports]") {
  SKIP_WITHOUT_GUEST("missing_imports");
  const Ended ended = wasmrun({guest("missing_imports")});
  INFO(ended.err);
  CHECK(ended.status == 126);
  CHECK(contains(first_line(ended.err), "cannot be linked: nothing provides 7 imports"));
  CHECK(contains(ended.err, "\n  env.emscripten_memcpy_js: func [i32 i32 i32] -> []\n"));
  CHECK(contains(ended.err, "\n  here.counter: global"));
  for (const char* hint : {"Emscripten", "wasm-bindgen", "GOOS=wasip1", "WASIX", "no function of that name", "preview 2", "--preload"})
    CHECK(contains(ended.err, hint));
}

TEST_CASE("an undefined symbol of a C library is explained", "[cli][imports]") {
  SKIP_WITHOUT_GUEST("undefined_symbol");
  const Ended ended = wasmrun({guest("undefined_symbol")});
  CHECK(ended.status == 126);
  CHECK(contains(ended.err, "env.pthread_mutexattr_init: func [i32] -> [i32]"));
  CHECK(contains(ended.err, "the linker did not find"));
}

TEST_CASE("an import of another type shows both types", "[cli][imports]") {
  SKIP_WITHOUT_GUEST("wrong_type_import");
  const Ended ended = wasmrun({guest("wrong_type_import")});
  CHECK(ended.status == 126);
  CHECK(contains(ended.err, "wasi_snapshot_preview1.fd_write: func [i64] -> []"));
  CHECK(contains(ended.err, "[i32 i32 i32 i32] -> [i32]"));
}

TEST_CASE("a preloaded module gives APP its exports", "[cli][preload]") {
  SKIP_WITHOUT_GUEST("uses_library");
  const Ended ended = wasmrun({"--preload=lib=" + guest("library"), "--invoke=twice", guest("uses_library")});
  INFO(ended.err);
  CHECK(ended.out == "43\n42\n");
  CHECK(ended.status == 0);
  CHECK(wasmrun({"--invoke=twice", guest("uses_library")}).status == 126);
}

TEST_CASE("a preloaded file that is missing or broken says so", "[cli][preload]") {
  SKIP_WITHOUT_GUEST("uses_library");
  const Ended missing = wasmrun({"--preload=lib=no-such.wasm", "--invoke=twice", guest("uses_library")});
  CHECK(missing.status == 125);
  CHECK(contains(missing.err, "--preload: cannot open 'no-such.wasm'"));
  CHECK(wasmrun({"--preload=lib=/tmp", "--invoke=twice", guest("uses_library")}).status == 126);
}
