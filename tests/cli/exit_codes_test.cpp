// The exit status of every kind of end (docs/exit-codes.md).
#include <string>

#include "tests/cli/command.h"

using namespace cli;

TEST_CASE("the guest's status is the status", "[cli][exit]") {
  SKIP_WITHOUT_GUEST("exit");
  for (const int status : {0, 1, 2, 42, 124, 125, 126, 127, 134, 255}) {
    INFO(status);
    CHECK(wasmrun({guest("exit"), std::to_string(status)}).status == status);
    const Ended direct = wasmrun({guest("exit"), std::to_string(status), "direct"});
    CHECK(direct.status == status);
    CHECK(direct.err == "");
  }
}

TEST_CASE("a status that is not 0 never becomes 0", "[cli][exit][attack][attack42]") {
  SKIP_WITHOUT_GUEST("exit");
  CHECK(wasmrun({guest("exit"), "256", "direct"}).status == 1);
  CHECK(wasmrun({guest("exit"), "4294967040", "direct"}).status == 1);
  CHECK(wasmrun({guest("exit"), "257", "direct"}).status == 1);
}

TEST_CASE("wrong usage ends with 125 and says what to do", "[cli][exit]") {
  const Ended ended = wasmrun({"app.wasm", "--no-such-option"});
  CHECK(ended.status == 125);
  CHECK(ended.out == "");
  CHECK(ended.err == "wasmrun: unknown option '--no-such-option'\n"
                     "An option of the program itself goes after `--`: wasmrun APP -- --no-such-option\n");
  CHECK(wasmrun({}).status == 125);
  CHECK(wasmrun({"--timeout=5", "app.wasm"}).status == 125);
  CHECK(wasmrun({"--dir=x::ro", "app.wasm"}).status == 125);
  CHECK(wasmrun({"--stack-size=1", "app.wasm"}).status == 125);
  CHECK(wasmrun({"compile"}).status == 125);
}

TEST_CASE("a program that is not there ends with 127", "[cli][exit]") {
  for (const char* app : {"no-such-file.wasm", "/dev/null/app.wasm", "../no/such/folder.wasm"}) {
    const Ended ended = wasmrun({app});
    CHECK(ended.status == 127);
    CHECK(contains(first_line(ended.err), "wasmrun: cannot open '" + std::string(app) + "': "));
    CHECK(wasmrun({"validate", app}).status == 127);
  }
}

TEST_CASE("a signal kills wasmrun as any process", "[cli][exit]") {
  SKIP_WITHOUT_GUEST("spin");
  CHECK(run({.words = {guest("spin")}, .signal_after_output = 2}).status == 130);
  CHECK(run({.words = {guest("spin")}, .signal_after_output = 15}).status == 143);
  CHECK(run({.words = {guest("spin"), "read"}, .keep_input_open = true, .signal_after_output = 15}).status == 143);
}
