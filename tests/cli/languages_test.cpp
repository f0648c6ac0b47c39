// Interpreters and a C tool chain that nobody here wrote, with scripts of ours: what they print was compared with the native programs.
// scripts/fetch-guests gets them from npm. QuickJS's network and CPython are tested elsewhere.
#include "tests/cli/command.h"

using namespace cli;

namespace {

const std::string kLanguages = REAL_PROGRAMS "/sandbox/dist/langs/";
const std::string kRuby = kLanguages + "ruby-3.2.0.wasm";
const std::string kPhp = kLanguages + "php-cgi-8.2.0.wasm";
const std::string kSqlite = kLanguages + "sqlite.wasm";
const std::string kQuickjs = kLanguages + "wasmedge_quickjs.wasm";
const std::string kClang = kLanguages + "clang.wasm";
const std::string kLinker = kLanguages + "wasm-ld.wasm";
constexpr char kWhy[] = "run scripts/fetch-guests, which needs npm";
// Unpacked last: where it is, everything is.
const std::string kClangLibrary = REAL_PROGRAMS "/clang/sys/lib/wasm32-wasi/libc.a";
const std::string kClangDirectory = "--dir=" REAL_PROGRAMS "/clang/sys::/sys:ro";

/// Grants the folder of our script for `language` as /script, and `folder` as /work.
std::vector<std::string> directories(const std::string& language, const TemporaryFolder& folder) {
  return {"--dir=" SOURCES "/tests/cli/" + language + "::/script:ro", "--dir=" + folder.path() + "::/out"};
}

std::vector<std::string> joined(std::vector<std::string> words, const std::vector<std::string>& more) {
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

std::string expected(const std::string& language) { return read_file(SOURCES "/tests/cli/" + language + "/work.expected"); }

std::vector<std::string> ruby_words(const TemporaryFolder& folder) {
  return joined(directories("ruby", folder),
                {"--dir=" REAL_PROGRAMS "/ruby/ruby-3.2.0::/ruby-3.2.0:ro", kRuby, "--", "-r", "/ruby-3.2.0/.rubyopts.rb", "/script/work.rb", "/out"});
}

Ended compile(const TemporaryFolder& folder, const std::string& source, const std::string& object) {
  return wasmrun(joined(directories("clang", folder),
                        {kClangDirectory, kClang, "--", "-cc1", "-triple", "wasm32-unknown-wasi", "-mthread-model", "single", "-isysroot", "/sys",
                         "-internal-isystem", "/sys/include", "-internal-isystem", "/sys/lib/clang/8.0.1/include", "-O2", "-emit-obj", "-o", object, source}));
}

Ended link(const TemporaryFolder& folder, const std::vector<std::string>& objects, const std::string& output) {
  return wasmrun(joined(joined({"--dir=" + folder.path() + "::/out", kClangDirectory, kLinker, "--", "--no-threads", "-L/sys/lib/wasm32-wasi",
                                "/sys/lib/wasm32-wasi/crt1.o"},
                               objects),
                        {"-lc", "/sys/lib/clang/8.0.1/lib/wasi/libclang_rt.builtins-wasm32.a", "-o", output}));
}

}  // namespace

TEST_CASE("Ruby runs a script of ours that uses its standard library and files", "[cli][real]") {
  SKIP_WITHOUT(kClangLibrary, kWhy);
  const TemporaryFolder folder;
  const Ended ended = run({.words = ruby_words(folder), .input = "hey\n"});
  INFO(ended.err);
  CHECK(ended.out == expected("ruby"));
  CHECK(ended.status == 7);
}

TEST_CASE("PHP runs a script of ours that uses its standard library and files", "[cli][real]") {
  SKIP_WITHOUT(kPhp, kWhy);
  const TemporaryFolder folder;
  const Ended ended = wasmrun(joined(directories("php", folder), {kPhp, "--", "-q", "/script/work.php", "/out"}));
  INFO(ended.err);
  CHECK(ended.out == expected("php"));
  CHECK(ended.status == 7);
}

TEST_CASE("PHP answers a request as a web server hands it to a CGI program", "[cli][real]") {
  SKIP_WITHOUT(kPhp, kWhy);
  const TemporaryFolder folder;
  const std::string form = "name=J%C3%B6rg&n=2";
  const Ended ended = run({.words = joined(directories("php", folder),
                                           {"--env=REQUEST_METHOD=POST", "--env=REDIRECT_STATUS=200", "--env=CONTENT_TYPE=application/x-www-form-urlencoded",
                                            "--env=CONTENT_LENGTH=" + std::to_string(form.size()), "--env=SCRIPT_FILENAME=/script/form.php",
                                            "--env=QUERY_STRING=a=b", kPhp}),
                           .input = form});
  INFO(ended.err);
  CHECK(contains(ended.out, "Status: 201 Created\r\n"));
  CHECK(contains(ended.out, "X-Ours: yes\r\n"));
  CHECK(ended.out.ends_with("\r\n\r\nJörg 42 b 18\n"));
  CHECK(ended.status == 0);
}

TEST_CASE("SQLite keeps a database file, and finds it whole when it opens it again", "[cli][real]") {
  SKIP_WITHOUT(kSqlite, kWhy);
  const TemporaryFolder folder;
  const std::vector<std::string> words = joined(directories("sqlite", folder), {kSqlite, "--", "-batch"});
  const Ended ended = run({.words = words, .input = read_file(SOURCES "/tests/cli/sqlite/work.sql")});
  CHECK(ended.out == expected("sqlite"));
  CHECK(contains(ended.err, "no such table: nowhere"));
  CHECK(ended.status == 1);

  const std::string database = read_file(folder.file("words.db"));
  CHECK(database.starts_with("SQLite format 3"));
  const std::string reopen = ".open /out/words.db\nselect count(*), sum(id) from words;\n.read /script/again.sql\n";
  CHECK(run({.words = words, .input = reopen}).out == "4995|12487500\nagain 5\n");

  // What was granted read-only stays as it is.
  const Ended refused = run({.words = {"--dir=" + folder.path() + "::/out:ro", kSqlite, "--", "-batch"},
                             .input = ".open /out/words.db\nselect count(*) from words;\ndelete from words;\nselect count(*) from words;\n"});
  INFO(refused.err);
  CHECK(contains(refused.err, "unable to open database file"));
  CHECK(refused.out == "");
  CHECK((read_file(folder.file("words.db")) == database));
}

TEST_CASE("QuickJS runs a script of ours that uses files", "[cli][real]") {
  SKIP_WITHOUT(kQuickjs, kWhy);
  const TemporaryFolder folder;
  const Ended ended = wasmrun(joined(directories("quickjs", folder), {kQuickjs, "--", "/script/work.js", "/out"}));
  INFO(ended.err);
  CHECK(ended.out == expected("quickjs"));
  CHECK(ended.status == 7);
}

TEST_CASE("clang and wasm-ld compile and link a C program of ours, which then runs", "[cli][real]") {
  SKIP_WITHOUT(kClangLibrary, kWhy);
  const TemporaryFolder folder;
  const Ended compiled = compile(folder, "/script/work.c", "/out/work.o");
  INFO(compiled.err);
  REQUIRE(compiled.status == 0);
  const Ended linked = link(folder, {"/out/work.o"}, "/out/work.wasm");
  INFO(linked.err);
  REQUIRE(linked.status == 0);
  CHECK(contains(wasmrun({"inspect", folder.file("work.wasm")}).out, "wasi_unstable.path_filestat_get"));

  const TemporaryFolder data;
  const Ended ended = run({.words = {"--argv0=work", "--dir=" + data.path() + "::/out", folder.file("work.wasm"), "/out"}, .input = "hello you\n"});
  INFO(ended.err);
  CHECK(ended.out == expected("clang"));
  CHECK(ended.status == 7);
}

TEST_CASE("clang and wasm-ld report a mistake in a program of ours with their status", "[cli][real]") {
  SKIP_WITHOUT(kClangLibrary, kWhy);
  const TemporaryFolder folder;
  const Ended compiled = compile(folder, "/script/broken.c", "/out/broken.o");
  CHECK(contains(compiled.err, "broken.c:1:25: error: use of undeclared identifier 'undeclared'"));
  CHECK(compiled.status == 1);
  CHECK_FALSE(exists(folder.file("broken.o")));
  const Ended linked = link(folder, {"/out/missing.o"}, "/out/broken.wasm");
  CHECK(contains(linked.err, "cannot open /out/missing.o"));
  CHECK(linked.status == 1);
}
