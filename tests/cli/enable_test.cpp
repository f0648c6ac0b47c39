// --enable: proposals that are off by default.
#include "tests/cli/command.h"

using namespace cli;

namespace {

// (module (func (result i64 i64) i64.const 0 i64.const 0 i64.const 0 i64.const 0 i64.add128))
constexpr std::string_view kWideArithmetic(
    "\0asm\1\0\0\0"
    "\x01\x06\x01\x60\x00\x02\x7e\x7e"
    "\x03\x02\x01\x00"
    "\x0a\x0e\x01\x0c\x00\x42\x00\x42\x00\x42\x00\x42\x00\xfc\x13\x0b",
    36);

}  // namespace

TEST_CASE("a proposal that is off is refused with the option that turns it on", "[cli][enable]") {
  TemporaryFolder folder;
  write_file(folder.file("wide.wasm"), kWideArithmetic);
  const Ended refused = wasmrun({"validate", folder.file("wide.wasm")});
  CHECK(refused.status == 126);
  CHECK(contains(refused.err, "i64.add128 needs --enable wide-arithmetic"));
  CHECK(wasmrun({"validate", "--enable", "wide-arithmetic", folder.file("wide.wasm")}).status == 0);
  CHECK(wasmrun({"validate", "--enable=all", folder.file("wide.wasm")}).status == 0);
  CHECK(wasmrun({"validate", "--enable=custom-page-sizes", folder.file("wide.wasm")}).status == 126);
}

TEST_CASE("an unknown feature is wrong usage", "[cli][enable]") {
  const Ended ended = wasmrun({"--enable=wide", "app.wasm"});
  CHECK(ended.status == 125);
  CHECK(contains(ended.err, "those that are off are wide-arithmetic, custom-page-sizes, custom-descriptors"));
}
