// What wasmrun prints about itself goes to standard output.
#include "tests/cli/command.h"

using namespace cli;

TEST_CASE("the version is one line of name and number", "[cli][help]") {
  const Ended ended = wasmrun({"--version"});
  CHECK(ended.status == 0);
  CHECK(ended.err == "");
  REQUIRE(ended.out.substr(0, 8) == "wasmrun ");
  CHECK(ended.out.find_first_not_of("0123456789.\n", 8) == std::string::npos);
  CHECK(ended.out.back() == '\n');
}

TEST_CASE("the help is printed from every place where an option may stand", "[cli][help]") {
  const Ended ended = wasmrun({"--help"});
  CHECK(ended.status == 0);
  CHECK(contains(ended.out, "--dir HOST[::GUEST][:ro]"));
  for (const auto& words : {std::vector<std::string>{"-h"}, {"run", "--help"}, {"exec", "--help"}, {"validate", "--help"}, {"app.wasm", "--help"}})
    CHECK(wasmrun(words).out == ended.out);
}

TEST_CASE("a full disk under --help is an error", "[cli][help]") {
  const Ended ended = run({.words = {"--help"}, .output_file = "/dev/full"});
  CHECK(ended.status == 125);
  CHECK(contains(ended.err, "wasmrun: cannot write to standard output: "));
}
