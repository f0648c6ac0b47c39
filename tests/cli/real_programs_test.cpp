// Programs that nobody here wrote: esbuild (Go, 20 MB) and CPython. scripts/fetch-guests gets them from npm.
#include "tests/cli/command.h"

using namespace cli;

namespace {

const std::string kEsbuild = REAL_PROGRAMS "/esbuild/esbuild.wasm";
const std::string kPython = REAL_PROGRAMS "/python/python.wasm";
constexpr char kWhy[] = "run scripts/fetch-guests, which needs npm";
const std::string kTypescript = SOURCES "/tests/cli/typescript";

/// What the same program prints under node; nothing where node is missing.
Ended under_node(const std::string& wasm, const std::string& directory, std::vector<std::string> words) {
  words.insert(words.begin(), {"node", "--no-warnings", "--no-turbo-fast-api-calls", SOURCES "/tests/cli/typescript/under_node.mjs", wasm, directory});
  return run({.words = words, .program = "/usr/bin/env"});
}

std::vector<std::string> bundle(const std::string& output) {
  return {"main.ts", "--bundle", "--minify", "--target=es2020", "--outfile=" + output};
}

std::vector<std::string> esbuild_words(const std::string& folder, const std::string& output) {
  std::vector<std::string> words{kEsbuild, "--dir=" + kTypescript + "::/:ro", "--dir=" + folder + "::/out", "--env=PWD=/", "--"};
  for (const std::string& word : bundle("/out/" + output)) words.push_back(word);
  return words;
}

std::vector<std::string> python_words(const std::string& folder) {
  return {kPython, "--dir=" REAL_PROGRAMS "/python/usr::/usr:ro", "--dir=" SOURCES "/tests/cli/python::/script:ro", "--dir=" + folder + "::/out",
          "--", "/script/work.py", "/out"};
}

}  // namespace

TEST_CASE("esbuild bundles and minifies TypeScript to the bytes it gives under node", "[cli][real]") {
  SKIP_WITHOUT(kEsbuild, kWhy);
  const TemporaryFolder folder;
  const Ended ended = run({.words = esbuild_words(folder.path(), "out.js")});
  INFO(ended.err);
  REQUIRE(ended.status == 0);
  const std::string output = read_file(folder.file("out.js"));
  CHECK(contains(output, "Math.PI"));
  CHECK_FALSE(contains(output, "left out of the bundle"));

  const Ended node = under_node(kEsbuild, kTypescript, {"main.ts", "--bundle", "--minify", "--target=es2020"});
  SKIP_WITHOUT((node.status == 127 ? std::string("/no/node") : kEsbuild), "node is needed to compare with");
  INFO(node.err);
  REQUIRE(node.status == 0);
  CHECK(output == node.out);
}

TEST_CASE("esbuild minifies from standard input to standard output", "[cli][real]") {
  SKIP_WITHOUT(kEsbuild, kWhy);
  const Ended ended = run({.words = {kEsbuild, "--", "--loader=ts", "--minify"}, .input = "let first: number = 1 + 1;\nconsole.log(first as any);\n"});
  CHECK(ended.out == "let first=2;console.log(first);\n");
  CHECK(ended.status == 0);
}

TEST_CASE("esbuild reports an error of its own with its status", "[cli][real]") {
  SKIP_WITHOUT(kEsbuild, kWhy);
  const Ended ended = run({.words = {kEsbuild, "--", "--loader=ts"}, .input = "let = = ;"});
  CHECK(ended.status == 1);
  CHECK(contains(ended.err, "ERROR"));
}

TEST_CASE("CPython runs a script of ours that uses its standard library and files", "[cli][real]") {
  SKIP_WITHOUT(kPython, kWhy);
  const TemporaryFolder folder;
  const Ended ended = run({.words = python_words(folder.path())});
  INFO(ended.err);
  CHECK(ended.out == read_file(SOURCES "/tests/cli/python/work.expected"));
  CHECK(ended.status == 7);
}

TEST_CASE("CPython reads its program from standard input", "[cli][real]") {
  SKIP_WITHOUT(kPython, kWhy);
  const Ended ended = run({.words = {kPython, "--dir=" REAL_PROGRAMS "/python/usr::/usr:ro"}, .input = "import sys\nprint(sum(range(10)), sys.platform)\n"});
  CHECK(ended.out == "45 wasi\n");
  CHECK(ended.status == 0);
}

#ifndef WASMRUN_SANITIZED  // the sanitizer reserves terabytes of its own

TEST_CASE("esbuild and CPython run under ulimit -v 4000000", "[cli][real]") {
  SKIP_WITHOUT(kEsbuild, kWhy);
  SKIP_WITHOUT(kPython, kWhy);
  const uint64_t limit = uint64_t{4'000'000} << 10;
  const TemporaryFolder folder;
  const Ended esbuild = run({.words = esbuild_words(folder.path(), "out.js"), .address_space_bytes = limit});
  INFO(esbuild.err);
  CHECK(esbuild.status == 0);
  CHECK(contains(read_file(folder.file("out.js")), "Math.PI"));
  const Ended python = run({.words = python_words(folder.path()), .address_space_bytes = limit});
  INFO(python.err);
  CHECK(python.status == 7);
}

#endif
