// --deterministic.
#include <sys/stat.h>

#include "tests/cli/command.h"

using namespace cli;

TEST_CASE("in a deterministic run the program sees the same world again", "[cli][deterministic]") {
  SKIP_WITHOUT_GUEST("world");
  const auto world = [](const char* option, std::vector<const char*> names) {
    const TemporaryFolder folder;
    for (const char* name : names) write_file(folder.file(name), name);
    const Ended ended = wasmrun({option, "--dir=" + folder.path() + "::/data", guest("world"), "/data"});
    CHECK(ended.status == 0);
    CHECK(ended.seconds < 60);
    return ended.out;
  };
  const std::string first = world("--deterministic", {"one", "two", "three"});
  INFO(first);
  CHECK(first == world("--deterministic=0", {"three", "two", "one"}));
  CHECK(first == world("--deterministic=0x0", {"two", "one", "three"}));
  CHECK(first != world("--deterministic=1", {"one", "two", "three"}));
  // Written down: it must be the same on other machines too.
  CHECK(first ==
        "1735689601.000001000\n"
        "3601.000002000\n"
        "1735696801.000003000\n"
        "afcd1d7b39a820e2f465b9a16a9e786e\n"
        "7ff8000000000000\n"
        ". 1 1 1 4096 1735689600\n"
        "one 2 2 1 3 1735689600\n"
        "three 3 3 1 5 1735689600\n"
        "two 4 4 1 3 1735689600\n");
}

TEST_CASE("a seed that is no number is wrong usage", "[cli][deterministic]") {
  for (const char* option : {"--deterministic=", "--deterministic=many", "--deterministic=-1", "--deterministic=99999999999999999999", "--deterministic=0x"}) {
    const Ended ended = wasmrun({option, "app.wasm"});
    INFO(option << "\n" << ended.err);
    CHECK(ended.status == 125);
    CHECK(contains(ended.err, "--deterministic"));
  }
}
