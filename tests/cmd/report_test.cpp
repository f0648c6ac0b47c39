// What wasmrun prints: reports, backtraces, hints, help.
#include "cmd/report.h"

#include <sstream>
#include <string_view>

#include "cmd/help.h"
#include "cmd/import_hints.h"
#include "cmd/trap_report.h"
#include "tests/support/catch.h"

using namespace wasmrun;
using namespace wasmrun::cmd;

TEST_CASE("a report is one line with its name, then the detail", "[cmd][report]") {
  CHECK(format_report("wrong", "") == "wasmrun: wrong\n");
  CHECK(format_report("wrong", "a\nb") == "wasmrun: wrong\na\nb\n");
  CHECK(format_report("wrong", "a\n") == "wasmrun: wrong\na\n");
}

TEST_CASE("control characters from a module never reach the terminal", "[cmd][report]") {
  CHECK(format_report("a\x1b[31mb", "\x07\x7f") == "wasmrun: a\\x1b[31mb\n\\x07\\x7f\n");
  CHECK(format_report("dépôt", "") == "wasmrun: dépôt\n");
}

TEST_CASE("the help fits a screen and names every option", "[cmd][help]") {
  std::istringstream lines(kHelp);
  int count = 0;
  for (std::string line; std::getline(lines, line); ++count) {
    INFO(line);
    CHECK(line.size() <= 80);
  }
  CHECK(count <= 40);
  const std::string help = kHelp;
#define VALUE_OPTION(field, spelling) CHECK(help.find("\n  " spelling " ") != std::string::npos);
#define OPTIONAL_OPTION(field, spelling) CHECK(help.find("\n  " spelling "[=") != std::string::npos);
#define FLAG_OPTION(field, spelling) CHECK(help.find(spelling) != std::string::npos);
#define LATER_OPTION(spelling) CHECK(help.find(spelling) == std::string::npos);
#include "cmd/options.def"
#undef VALUE_OPTION
#undef OPTIONAL_OPTION
#undef FLAG_OPTION
#undef LATER_OPTION
}

TEST_CASE("a backtrace has a line a frame and says what was left out", "[cmd][trap]") {
  Trap trap;
  trap.frames = {{"app", 12, "divide", 0x1234}, {"app", 3, "", std::nullopt}};
  trap.frames_left_out = 7;
  CHECK(describe_backtrace(trap) == "  at divide (app!func[12]) 0x1234\n  ... 7 more frames ...\n  at app!func[3]\n");
}

TEST_CASE("a backtrace has a line for each inlined function and says where in the source it is, as far as that is known", "[cmd][trap]") {
  Trap trap;
  trap.frames = {{"app", 12, "", 0x1234}, {"app", 3, "main", 0x20}, {"app", 4, "", std::nullopt}};
  trap.frames[0].source = {{"divide", "a.c", 5, 7}, {"", "", 0, 0}, {"compute", "b.c", 6, 0}};
  trap.frames[1].source = {{"its_main", "b.c", 0, 4}};
  CHECK(describe_backtrace(trap) ==
        "  at divide (inlined, app!func[12]) 0x1234 a.c:5:7\n"
        "  at ? (inlined, app!func[12]) 0x1234\n"
        "  at compute (app!func[12]) 0x1234 b.c:6\n"
        "  at main (app!func[3]) 0x20 b.c\n"
        "  at app!func[4]\n");
}

namespace {

bool contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

Store::MissingImport missing(std::string module, std::string name) {
  return {{std::move(module), std::move(name), ExternKind::Func, "func [] -> []"}, ""};
}

std::string hint(std::string module, std::string name) {
  const Store::MissingImport one[] = {missing(std::move(module), std::move(name))};
  return describe_missing_imports(one);
}

}  // namespace

TEST_CASE("missing imports are explained by where they come from", "[cmd][imports]") {
  CHECK(contains(hint("env", "emscripten_resize_heap"), "Emscripten"));
  CHECK(contains(hint("a", "b"), "Emscripten"));
  CHECK(contains(hint("env", "pthread_mutexattr_init"), "the linker did not find"));
  CHECK(contains(hint("wbg", "x"), "wasm-bindgen"));
  CHECK(contains(hint("./app_bg.js", "__wbindgen_throw"), "wasm-bindgen"));
  CHECK(contains(hint("gojs", "runtime.wasmExit"), "GOOS=wasip1"));
  CHECK(contains(hint("wasix_32v1", "fd_dup"), "WASIX"));
  CHECK(contains(hint("wasi_snapshot_preview1", "sock_open"), "no function of that name"));
  CHECK(contains(hint("wasi", "thread-spawn"), "threads"));
  CHECK(contains(hint("wasi_ephemeral_nn", "load"), "WASI proposal"));
  CHECK(contains(hint("wasi:io/streams@0.2.0", "read"), "preview 2"));
  CHECK(contains(hint("lib", "f"), "--preload"));
}

TEST_CASE("every missing import is listed once, and each hint once", "[cmd][imports]") {
  Store::MissingImport list[] = {missing("env", "emscripten_a"), missing("env", "invoke_ii"), missing("env", "other")};
  list[2].found = "func [i32] -> []";
  const std::string text = describe_missing_imports(list);
  CHECK(text.find("  env.emscripten_a: func [] -> []\n  env.invoke_ii: func [] -> []\n") == 0);
  CHECK(text.find("  env.other: func [] -> [] (there is one, but its type is func [i32] -> [])\n") != std::string::npos);
  CHECK(text.find("Emscripten") == text.rfind("Emscripten"));
}
