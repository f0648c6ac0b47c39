// Standard streams: plain reads and writes, closed pipes, full disks.
#include "tests/cli/command.h"

using namespace cli;

TEST_CASE("standard input reaches standard output byte for byte", "[cli][streams]") {
  SKIP_WITHOUT_GUEST("cat");
  std::string input;
  for (int i = 0; i < 300000; ++i) input += static_cast<char>(i * 7 + i / 256);
  const Ended ended = run({.words = {guest("cat")}, .input = input});
  CHECK(ended.status == 0);
  CHECK(ended.out == input);
}

TEST_CASE("a closed pipe is EPIPE to the guest, and no signal", "[cli][streams][attack][attack39]") {
  SKIP_WITHOUT_GUEST("yes");
  const Ended ended = run({.words = {guest("yes")}, .close_output = true});
  CHECK(ended.status == 9);
  CHECK(ended.err == "write: EPIPE\n");
}

TEST_CASE("a full disk is ENOSPC to the guest", "[cli][streams][attack][attack39]") {
  SKIP_WITHOUT_GUEST("yes");
  const Ended ended = run({.words = {guest("yes")}, .output_file = "/dev/full"});
  CHECK(ended.status == 9);
  CHECK(ended.err == "write: ENOSPC\n");
}

TEST_CASE("closed standard descriptors stay closed to the guest", "[cli][streams][attack][attack39]") {
  SKIP_WITHOUT_GUEST("yes");
  const Ended ended = run({.words = {"--dir=/tmp", guest("yes")}, .no_standard_descriptors = true});
  CHECK(ended.status == 9);
  CHECK(ended.err == "write: EBADF\n");
}
