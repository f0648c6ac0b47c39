// Attack 46: a program cannot tell whether the second layer is there. The same calls on the same trees, with it and without.
#include <random>

#include "tests/wasi/restricted.h"

namespace wasmrun::wasi {

namespace {

/// Everything that a path may meet.
void furnish(const TempTree& tree) {
  for (const char* root : {"root", "second"}) {
    const std::string at = std::string(root) + "/";
    tree.mkdir(at + "d/e/g");
    tree.mkdir(at + "empty");
    tree.write(at + "f", "text");
    tree.write(at + "d/f", "text");
    tree.write(at + "d/e/f", "text");
    tree.symlink("f", at + "link");
    tree.symlink("d", at + "dirlink");
    tree.symlink("none", at + "dangling");
    tree.symlink("../canary", at + "out");
    tree.symlink("..", at + "up");
    tree.symlink("loop", at + "loop");
    REQUIRE(::mkfifo(tree.path(at + "fifo").c_str(), 0666) == 0);
  }
  ::mkdir(tree.path("root/closed").c_str(), 0);
  const int closed = ::open(tree.path("root/secret").c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0);
  ::close(closed);
}

const std::vector<std::string> kPaths = {
    "f",       "d",       "d/f",    "d/e/f",  "d/e",     "d/e/g", "empty", "link",  "dirlink", "dirlink/f", "dangling", "out",    "up",  "up/canary",
    "loop",    "none",    "none/x", "f/x",    "fifo",    ".",     "..",    "d/..",  "d/../f",  "d/.",       "f/",       "d/",     "link/", "dirlink/",
    "new",     "d/new",   "new/",   "closed", "closed/x", "secret", "/f",  "",      "empty/",  "fifo/",     "../root/f", "d/e/../../f"};

/// A guest's calls in random order, the same for the same seed: one line for each, with its errno and what it learnt.
std::vector<std::string> transcript(Guest& guest, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<std::string> lines;
  const auto pick = [&]() -> const std::string& { return kPaths[random() % kPaths.size()]; };
  const auto note = [&](const std::string& what, const Reply& reply) {
    lines.push_back(what + " = " + (reply.trap.empty() ? to_string(reply.error) : reply.trap));
  };
  for (int i = 0; i < 3000; ++i) {
    const uint32_t fd = random() % 4 ? kRoot : 4, other = random() % 4 ? kRoot : 4;
    const std::string path = pick(), path2 = pick();
    const std::string text = std::to_string(fd) + ":" + path;
    const std::string both = text + " " + std::to_string(other) + ":" + path2;
    const uint32_t follow = random() % 2;
    switch (random() % 10) {
      case 0:
      case 1: {
        const uint32_t oflags = random() % 16;
        const uint64_t wanted = std::vector<uint64_t>{0, kReadRights, kWriteRights, kReadWrite}[random() % 4];
        const uint32_t fdflags = fdflags::kNonblock | (random() % 2 ? fdflags::kAppend : 0);
        const Reply reply = guest.path_open(fd, path, {.oflags = oflags, .rights = wanted, .fdflags = fdflags, .follow = follow != 0});
        note("open " + text + " " + std::to_string(oflags) + " " + std::to_string(wanted), reply);
        if (!(reply == Errno::Success)) break;
        const auto opened = guest.get<uint32_t>(kResult);
        REQUIRE(guest.call("fd_fdstat_get", opened, kResult) == Errno::Success);
        lines.back() += " " + std::to_string(guest.get<uint8_t>(kResult)) + " " + std::to_string(guest.get<uint64_t>(kResult + 8));
        note(" write", guest.write(opened, "text"));
        note(" set_size", guest.call("fd_filestat_set_size", opened, random() % 10));
        note(" set_times", guest.call("fd_filestat_set_times", opened, 1, 1, 5));
        note(" allocate", guest.call("fd_allocate", opened, 0, 10));
        guest.iovec_at(0x200, kBuffer, 100);
        note(" read", guest.call("fd_read", opened, 0x200, 1, kResult));
        note(" readdir", guest.call("fd_readdir", opened, kBuffer, 4096, 0, kResult));
        note(" sync", guest.call("fd_sync", opened));
        note(" below", guest.path_open(opened, "f", {.fdflags = fdflags::kNonblock}));
        if (lines.back().ends_with("Success")) guest.call("fd_close", guest.get<uint32_t>(kResult));
        note(" close", guest.call("fd_close", opened));
        break;
      }
      case 2:
        note("stat " + text, guest.call("path_filestat_get", fd, follow, path, kResult));
        if (lines.back().ends_with("Success")) lines.back() += " " + std::to_string(guest.get<uint8_t>(kResult + 16)) + " " + std::to_string(guest.get<uint64_t>(kResult + 24));
        break;
      case 3: note("times " + text, guest.call("path_filestat_set_times", fd, follow, path, 1, 1, 5)); break;
      case 4: note("mkdir " + text, guest.call("path_create_directory", fd, path)); break;
      case 5: note("rmdir " + text, guest.call("path_remove_directory", fd, path)); break;
      case 6: note("unlink " + text, guest.call("path_unlink_file", fd, path)); break;
      case 7: note("rename " + both, guest.call("path_rename", fd, path, other, path2)); break;
      case 8: note("link " + both, guest.call("path_link", fd, 0, path, other, path2)); break;
      case 9:
        note("symlink " + both, guest.call("path_symlink", path, other, path2));
        note("readlink " + text, guest.call("path_readlink", fd, path, kBuffer, 100, kResult));
        break;
    }
  }
  return lines;
}

}  // namespace

TEST_CASE("thousands of calls on paths have the same results with and without Landlock", "[wasi][sandbox][landlock][attack][attack46]") {
  SKIP_WITHOUT_LANDLOCK();
  const Resolver::Kind kind = on_both_resolvers();
  const int read_only = GENERATE(0, 1, 2, 3);  // neither preopen, one, the other, both
  for (unsigned seed = 1; seed <= 5; ++seed) {
    std::vector<std::string> lines[2];
    for (const bool is_restricted : {false, true}) {
      TempTree tree;
      tree.mkdir("second");
      furnish(tree);
      WasiOptions options;
      options.preopens = {{tree.root(), "/", (read_only & 1) != 0}, {tree.path("second"), "/second", (read_only & 2) != 0}};
      Guest guest(std::move(options), kind);
      if (is_restricted) {
        restricted(guest, [&] { lines[1] = transcript(guest, seed); });
      } else {
        lines[0] = transcript(guest, seed);
      }
      ::chmod(tree.path("root/closed").c_str(), 0700);
    }
    REQUIRE(lines[0].size() == lines[1].size());
    size_t successes = 0;
    for (size_t i = 0; i < lines[0].size(); ++i) {
      if (lines[0][i].find("= Success") != std::string::npos) ++successes;
      if (lines[0][i] != lines[1][i]) CHECK(lines[0][i] == lines[1][i]);
    }
    CHECK(successes > lines[0].size() / 20);
  }
}

}  // namespace wasmrun::wasi
