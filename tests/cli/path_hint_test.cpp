// The line that a failed program's user gets when a file was out of its reach.
#include <sys/stat.h>

#include "tests/cli/command.h"

using namespace cli;

namespace {

struct Files {
  TemporaryFolder folder;
  std::string inside = folder.file("in");
  Files() {
    REQUIRE(::mkdir(inside.c_str(), 0777) == 0);
    write_file(inside + "/in.txt", "in\n");
    write_file(folder.file("out.txt"), "out\n");
  }
  std::string line(std::vector<std::string> words) const {
    const Ended ended = run({.words = std::move(words), .directory = folder.path()});
    INFO(ended.err);
    CHECK(ended.status != 0);
    const size_t begin = ended.err.find("wasmrun: ");
    return begin == std::string::npos ? "" : first_line(ended.err.substr(begin));
  }
};

}  // namespace

TEST_CASE("a word that names a file which no directory covers is named with its option", "[cli][hint]") {
  SKIP_WITHOUT_GUEST("cat");
  const Files files;
  CHECK(files.line({guest("cat"), "in/in.txt"}) == "wasmrun: 'in/in.txt' is below no directory of the program's: --dir in would grant it");
  CHECK(files.line({guest("cat"), "out.txt"}) == "wasmrun: 'out.txt' is below no directory of the program's: --dir . would grant it");
  CHECK(files.line({"--dir=in", guest("cat"), files.folder.file("out.txt")}) ==
        "wasmrun: '" + files.folder.file("out.txt") + "' is below no directory of the program's: --dir " + files.folder.path() +
            " would grant it; granted: 'in'; --dir HOST::GUEST grants more");
  CHECK(files.line({"--dir=.", guest("cat"), "/etc/passwd"}) ==
        "wasmrun: '/etc/passwd' is below no directory of the program's: --dir /etc would grant it; granted: '.'; --dir HOST::GUEST grants more");
}

TEST_CASE("a path that leads out is named", "[cli][hint]") {
  SKIP_WITHOUT_GUEST("cat");
  const Files files;
  CHECK(files.line({"--dir=in::/data", guest("cat"), "/data/../out.txt"}) ==
        "wasmrun: the path '../out.txt' was refused: it leads out of its directory; granted: '/data' (in); --dir HOST::GUEST grants more");
}

TEST_CASE("a change of what is granted for reading is named", "[cli][hint]") {
  SKIP_WITHOUT_GUEST("files");
  const Files files;
  CHECK(files.line({"--dir=in::/data:ro", guest("files"), "/data"}).find("was refused: its directory is granted for reading only") != std::string::npos);
}

TEST_CASE("programs that succeed, and those that lack nothing, get no hint", "[cli][hint]") {
  SKIP_WITHOUT_GUEST("cat");
  SKIP_WITHOUT_GUEST("exit");
  const Files files;
  CHECK(files.line({"--dir=.", guest("cat"), "no.txt"}) == "");
  CHECK(files.line({guest("cat"), "no.txt"}) == "");
  CHECK(files.line({guest("exit"), "3"}) == "");
  CHECK(run({.words = {"--dir=in", guest("hello"), "out.txt"}, .directory = files.folder.path()}).err == "");
}
