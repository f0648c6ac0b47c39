// Files that are no programs: each ends with its status and one clear message.
#include <unistd.h>

#include "tests/cli/command.h"

using namespace cli;

namespace {

const std::string kHeader("\0asm\1\0\0\0", 8);

/// Runs and validates the bytes; both must end with 126.
std::string refuse(std::string_view bytes) {
  const TemporaryFolder folder;
  write_file(folder.file("app.wasm"), bytes);
  const Ended ended = wasmrun({folder.file("app.wasm")});
  INFO(ended.err);
  CHECK(ended.status == 126);
  CHECK(ended.out == "");
  CHECK(ended.err.substr(0, 9) == "wasmrun: ");
  return first_line(ended.err);
}

}  // namespace

TEST_CASE("a directory is no program", "[cli][bad]") {
  const Ended ended = wasmrun({"/tmp"});
  CHECK(ended.status == 126);
  CHECK(first_line(ended.err) == "wasmrun: '/tmp' is a directory, not a WebAssembly module");
}

TEST_CASE("a file that may not be read is no program", "[cli][bad]") {
  const TemporaryFolder folder;
  write_file(folder.file("app.wasm"), kHeader, 0);
  if (::geteuid() == 0) {
    // root reads everything; a file of the kernel that refuses even root stands in.
    const Ended ended = wasmrun({"/proc/self/mem"});
    CHECK((ended.status == 125 || ended.status == 126));
    CHECK(ended.err.substr(0, 9) == "wasmrun: ");
  } else {
    const Ended ended = wasmrun({folder.file("app.wasm")});
    CHECK(ended.status == 126);
    CHECK(contains(ended.err, "Permission denied"));
  }
}

TEST_CASE("files of other kinds are named", "[cli][bad]") {
  CHECK(contains(refuse(""), "is empty"));
  CHECK(contains(refuse(std::string("\0asm\x0d\0\1\0", 8)), "component"));
  CHECK(contains(refuse("just text"), "magic"));
  CHECK(contains(refuse(std::string("\0asm\2\0\0\0", 8)), "unknown binary version"));
  CHECK(contains(refuse(read_file("/bin/true")), "ELF"));
}

TEST_CASE("a module without _start is explained", "[cli][bad]") {
  const std::string message = refuse(kHeader);
  CHECK(contains(message, "it exports no function '_start'"));
  SKIP_WITHOUT_GUEST("no_start");
  const Ended ended = wasmrun({guest("no_start")});
  CHECK(ended.status == 126);
  CHECK(contains(ended.err, "--invoke NAME"));
  CHECK(contains(ended.err, "  answer: func [] -> [i32]\n"));
}

TEST_CASE("a _start with arguments is no program's", "[cli][bad]") {
  SKIP_WITHOUT_GUEST("wrong_start");
  const Ended ended = wasmrun({guest("wrong_start")});
  CHECK(ended.status == 126);
  CHECK(contains(ended.err, "[i32] -> []"));
}

TEST_CASE("every truncation of a module is refused without a crash", "[cli][bad]") {
  SKIP_WITHOUT_GUEST("no_start");
  const std::string bytes = read_file(guest("no_start"));
  const TemporaryFolder folder;
  int refused = 0;
  for (size_t size = 0; size < bytes.size(); size += 7) {
    write_file(folder.file("app.wasm"), bytes.substr(0, size));
    const Ended ended = wasmrun({"validate", folder.file("app.wasm")});
    INFO(size << ": " << ended.err);
    // A cut between sections that need nothing of the rest leaves a valid module.
    REQUIRE((ended.status == 126 || ended.status == 0));
    REQUIRE((ended.status == 0) == (ended.err == ""));
    refused += ended.status == 126;
  }
  CHECK(refused > 10);
}

TEST_CASE("a program cut off in the middle is malformed, with the place", "[cli][bad]") {
  SKIP_WITHOUT_GUEST("hello");
  const std::string bytes = read_file(guest("hello"));
  const std::string message = refuse(bytes.substr(0, bytes.size() / 2));
  CHECK(contains(message, "is malformed: "));
  CHECK(contains(message, "at offset 0x"));
}

TEST_CASE("validate accepts a module and says nothing", "[cli][validate]") {
  SKIP_WITHOUT_GUEST("hello");
  const Ended ended = wasmrun({"validate", guest("hello"), guest("no_start")});
  CHECK(ended.status == 0);
  CHECK(ended.out == "");
  CHECK(ended.err == "");
}

TEST_CASE("validate goes on after a file that fails", "[cli][validate]") {
  SKIP_WITHOUT_GUEST("hello");
  const Ended ended = wasmrun({"validate", "no-such-file", guest("hello"), "/tmp"});
  CHECK(ended.status == 127);
  CHECK(contains(ended.err, "no-such-file"));
  CHECK(contains(ended.err, "'/tmp' is a directory"));
}

TEST_CASE("an invalid module is refused with the rule and the place", "[cli][bad]") {
  // (func (result i32)) with an empty body.
  const std::string module = kHeader + std::string("\x01\x05\x01\x60\0\x01\x7f\x03\x02\x01\0\x0a\x04\x01\x02\0\x0b", 17);
  const std::string message = refuse(module);
  CHECK(contains(message, "is invalid: type mismatch"));
  CHECK(contains(message, "at offset 0x"));
}
