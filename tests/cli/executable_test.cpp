// `wasmrun compile --exe`: programs of their own.
#include <unistd.h>

#include "tests/cli/command.h"

using namespace cli;

namespace {

const std::string kPython = REAL_PROGRAMS "/python/python.wasm";

std::string executable(const TemporaryFolder& folder, const std::string& program, std::vector<std::string> options = {}) {
  const std::string file = folder.file("program");
  std::vector<std::string> words{"compile", "--exe", "-O0", program, "-o", file};
  words.insert(words.end(), options.begin(), options.end());
  const Ended ended = wasmrun(words);
  INFO(ended.err);
  REQUIRE(ended.status == 0);
  CHECK(ended.out + ended.err == "");
  return file;
}

Ended run_it(const std::string& file, std::vector<std::string> words = {}, std::vector<std::string> environment = {}) {
  return run({.words = std::move(words), .program = file, .environment = std::move(environment)});
}

}  // namespace

TEST_CASE("every word of an executable's command line is its program's", "[cli][compile][executable]") {
  SKIP_WITHOUT_GUEST("echo");
  const TemporaryFolder folder;
  const std::string file = executable(folder, guest("echo"));
  CHECK(run_it(file, {"--help", "-v", "--", "--dir=/", ""}).out == "arg program\narg --help\narg -v\narg --\narg --dir=/\narg \n");
  CHECK(run_it(file).err == "");
  CHECK(run_it(executable(folder, guest("echo"), {"--argv0=me"}), {"x"}).out == "arg me\narg x\n");
}

TEST_CASE("an executable has what it was granted when it was compiled, and nothing else", "[cli][compile][executable]") {
  SKIP_WITHOUT_GUEST("echo");
  SKIP_WITHOUT_GUEST("files");
  const TemporaryFolder folder;
  const std::vector<std::string> environment{"SECRET=1", "SHARED=2"};
  CHECK(run_it(executable(folder, guest("echo")), {}, environment).out == "arg program\n");
  CHECK(run_it(executable(folder, guest("echo"), {"--env=A=b c", "--env=SHARED"}), {}, environment).out == "arg program\nenv A=b c\nenv SHARED=2\n");
  CHECK(run_it(executable(folder, guest("files"), {"--dir=" + folder.path() + "::/data"}), {"/data"}).status == 0);
  CHECK(run_it(executable(folder, guest("files")), {"/data"}).status != 0);
}

TEST_CASE("an executable keeps its limits", "[cli][compile][executable]") {
  SKIP_WITHOUT_GUEST("spin");
  const TemporaryFolder folder;
  const Ended ended = run_it(executable(folder, guest("spin"), {"--timeout=1s"}));
  CHECK(ended.status == 124);
}

TEST_CASE("whoever runs an executable gives it more in WASMRUN_OPTIONS", "[cli][compile][executable]") {
  SKIP_WITHOUT_GUEST("echo");
  const TemporaryFolder folder;
  const std::string file = executable(folder, guest("echo"), {"--env=A=1"});
  CHECK(run_it(file, {"x"}, {"WASMRUN_OPTIONS=--env='B=2 3'  --env A=4"}).out == "arg program\narg x\nenv A=4\nenv B=2 3\n");
  const Ended wrong = run_it(file, {}, {"WASMRUN_OPTIONS=--colour"});
  CHECK(wrong.status == 125);
  CHECK(contains(wrong.err, "WASMRUN_OPTIONS: unknown option '--colour'"));
  CHECK(contains(run_it(file, {}, {"WASMRUN_OPTIONS=app.wasm"}).err, "WASMRUN_OPTIONS: unexpected word 'app.wasm'"));
  CHECK(contains(run_it(file, {}, {"WASMRUN_OPTIONS=-v"}).err, "instantiated"));
}

TEST_CASE("an executable traps as its module does, with its status", "[cli][compile][executable]") {
  SKIP_WITHOUT_GUEST("trap");
  SKIP_WITHOUT_GUEST("exit");
  const TemporaryFolder folder;
  const Ended trapped = run_it(executable(folder, guest("trap")), {"divide"});
  CHECK(trapped.status == 134);
  CHECK(contains(trapped.err, "integer divide by zero"));
  CHECK(run_it(executable(folder, guest("exit")), {"7"}).status == 7);
}

TEST_CASE("an executable runs where its code cannot", "[cli][compile][executable]") {
  SKIP_WITHOUT_GUEST("hello");
#ifdef WASMRUN_SANITIZED
  SUCCEED("sanitizers need the address space");
#else
  const TemporaryFolder folder;
  const std::string file = executable(folder, guest("hello"));
  const Ended ended = run({.words = {}, .program = file, .environment = {"WASMRUN_OPTIONS=-v"}, .address_space_bytes = uint64_t{2} << 30});
  CHECK(ended.status == 0);
  CHECK(contains(ended.err, "compiled anew: it was compiled without --explicit-bounds-checks"));
  CHECK(ended.out == wasmrun({guest("hello")}).out);
#endif
}

TEST_CASE("an executable that was cut off says so", "[cli][compile][executable]") {
  SKIP_WITHOUT_GUEST("hello");
  const TemporaryFolder folder;
  const std::string file = executable(folder, guest("hello"));
  const std::string whole = read_file(file);
  const size_t own = read_file(WASMRUN_COMMAND).size();
  for (const size_t size : {own, own + 5000, whole.size() - 1}) {
    write_file(folder.file("cut"), whole.substr(0, size), 0755);
    const Ended ended = run_it(folder.file("cut"));
    INFO(size << "\n" << ended.err);
    CHECK(ended.out == "");
    CHECK(ended.status != 0);
    if (size < whole.size() - 1) CHECK((contains(ended.err, "cut off") || contains(ended.err, "damaged")));
  }
}

TEST_CASE("an executable needs nothing but the C library", "[cli][compile][executable]") {
  SKIP_WITHOUT("/usr/bin/ldd", "ldd is missing");
  SKIP_WITHOUT_GUEST("hello");
#ifdef WASMRUN_SANITIZED
  SUCCEED("sanitizers are shared libraries");
#elif defined(WASMRUN_IS_STATIC)
  SUCCEED("it needs nothing at all: two_programs_test.cpp");
#else
  const TemporaryFolder folder;
  const Ended ended = run({.words = {executable(folder, guest("hello"))}, .program = "/usr/bin/ldd", .environment = {"PATH=/usr/bin:/bin"}});
  CHECK(ended.status == 0);
  for (size_t at = 0; at < ended.out.size(); at = ended.out.find('\n', at) + 1) {
    const std::string line = ended.out.substr(at, ended.out.find('\n', at) - at);
    INFO(line);
    CHECK((contains(line, "libc.so") || contains(line, "libm.so") || contains(line, "ld-linux") || contains(line, "linux-vdso") || contains(line, "libuv.so")));
  }
#endif
}

TEST_CASE("CPython in one file runs a script where no wasmrun is", "[cli][compile][executable][real]") {
  SKIP_WITHOUT(kPython, "run scripts/fetch-guests, which needs npm");
  const TemporaryFolder folder;
  const std::string file = executable(folder, kPython, {"--dir=" + folder.path() + "::/out"});
  write_file(folder.file("script.py"), "import sys\nprint(sum(n * n for n in range(1000)), sys.argv[1:])\n");
  const Ended ended = run_it(file, {"/out/script.py", "a", "-b"});
  INFO(ended.err);
  CHECK(ended.status == 0);
  CHECK(ended.out == "332833500 ['a', '-b']\n");
  CHECK(run_it(file, {"-c", "print(6 * 7)"}).out == "42\n");
}
