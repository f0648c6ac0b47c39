// Attacks by paths and links. Numbers are those of docs/sandbox.md.
#include "tests/wasi/outside.h"

namespace wasmrun::wasi {

namespace {

/// Every call that takes a path, on that path; with both kinds of following where there is a choice.
std::vector<std::pair<std::string, Reply>> on_every_call(Guest& guest, const std::string& path) {
  std::vector<std::pair<std::string, Reply>> replies;
  const auto add = [&](const std::string& name, const Reply& reply) { replies.emplace_back(name, reply); };
  for (const bool follow : {false, true}) {
    const std::string how = follow ? " following" : "";
    add("path_open" + how, guest.path_open(kRoot, path, {.follow = follow}));
    add("path_open DIRECTORY" + how, guest.path_open(kRoot, path, {.oflags = oflags::kDirectory, .follow = follow}));
    add("path_open TRUNC" + how, guest.path_open(kRoot, path, {.oflags = oflags::kTrunc, .rights = 0, .follow = follow}));
    add("path_open CREAT" + how, guest.path_open(kRoot, path, {.oflags = oflags::kCreat, .rights = kReadWrite, .follow = follow}));
    add("path_filestat_get" + how, guest.call("path_filestat_get", kRoot, follow, path, kResult));
    add("path_filestat_set_times" + how, guest.call("path_filestat_set_times", kRoot, follow, path, 1, 1, fstflags::kMtim));
  }
  add("path_create_directory", guest.call("path_create_directory", kRoot, path));
  add("path_readlink", guest.call("path_readlink", kRoot, path, kBuffer, 100, kResult));
  add("path_symlink", guest.call("path_symlink", "x", kRoot, path));
  add("path_link from", guest.call("path_link", kRoot, 0, path, kRoot, "linked"));
  add("path_link to", guest.call("path_link", kRoot, 0, "f", kRoot, path));
  add("path_rename from", guest.call("path_rename", kRoot, path, kRoot, "renamed"));
  add("path_rename to", guest.call("path_rename", kRoot, "f", kRoot, path));
  add("path_unlink_file", guest.call("path_unlink_file", kRoot, path));
  add("path_remove_directory", guest.call("path_remove_directory", kRoot, path));
  return replies;
}

}  // namespace

TEST_CASE("no call takes a path that climbs out or begins at the root", "[wasi][sandbox][attack][attack1][attack2][attack3][attack4][attack5]") {
  TempTree tree;
  tree.mkdir("root/a");
  tree.write("root/f", "x");
  const bool read_only = GENERATE(false, true);
  Guest guest(tree, on_both_resolvers(), read_only);
  std::string many;
  for (int i = 0; i < 60; ++i) many += "../";
  for (const std::string& path : {std::string("../canary"), std::string("a/../../canary"), many + "etc/passwd", std::string("/etc/passwd"),
                                  std::string("//x"), std::string("/./x"), std::string("/"), tree.path("canary")}) {
    for (const auto& [name, reply] : on_every_call(guest, path)) {
      INFO(name << " " << path);
      CHECK(reply == Errno::Perm);
    }
  }
  CHECK(tree.read("root/f") == "x");
}

TEST_CASE("no call follows a slash out, written after a link or in a link's target", "[wasi][sandbox][attack][attack14][attack15]") {
  TempTree tree;
  tree.mkdir("evil");
  tree.write("evil/f", "outside");
  tree.write("root/f", "x");
  // By host and guest, relative and absolute, one link and two.
  tree.symlink("../evil", "root/evil");
  tree.symlink("evil/", "root/link");
  tree.symlink("link//", "root/chain");
  tree.symlink(tree.path("evil") + "/", "root/absolute");
  const Outside outside(tree.path("evil"));
  const bool read_only = GENERATE(false, true);
  Guest guest(tree, on_both_resolvers(), read_only);
  for (const std::string link : {"evil", "link", "chain", "absolute"}) {
    for (const char* end : {"/", "//", "/.", "/..", "/f", "/f/", "/./f", "/new", "/../evil/f"}) {
      for (const auto& [name, reply] : on_every_call(guest, link + end)) {
        INFO(name << " " << link + end);
        CHECK_FALSE(reply == Errno::Success);
        CHECK(reply.trap == "");
      }
    }
  }
  CHECK(outside.is_unchanged());
  CHECK(tree.exists("root/f"));
}

TEST_CASE("no combination of flags and rights opens a link that leads out", "[wasi][sandbox][path_open][attack][attack7][attack8][attack9]") {
  TempTree tree;
  tree.mkdir("d");
  tree.write("d/f", "outside");
  tree.symlink("../d/f", "root/relative");
  tree.symlink(tree.path("d/f"), "root/absolute");
  tree.symlink("../d/new", "root/dangling");
  tree.symlink(tree.path("d/new"), "root/absolute_dangling");
  tree.symlink("relative", "root/twice");
  tree.symlink("../d", "root/directory");
  const Outside outside(tree.path("d"));
  const bool read_only = GENERATE(false, true);
  Guest guest(tree, on_both_resolvers(), read_only);
  for (const char* path : {"relative", "absolute", "dangling", "absolute_dangling", "twice", "directory", "directory/f", "directory/new"}) {
    for (uint32_t oflags = 0; oflags <= oflags::kAll; ++oflags) {
      for (const uint64_t rights : {uint64_t{0}, uint64_t{rights::kFdRead}, uint64_t{rights::kFdWrite}, kReadWrite, rights::kAll}) {
        for (const uint32_t fdflags : {0u, uint32_t{fdflags::kAppend}}) {
          for (const bool follow : {false, true}) {
            const Reply reply = guest.path_open(kRoot, path, {.oflags = oflags, .rights = rights, .fdflags = fdflags, .follow = follow});
            if (reply == Errno::Success || !reply.trap.empty()) {
              INFO(path << " oflags " << oflags << " rights " << rights << " follow " << follow);
              CHECK_FALSE(reply == Errno::Success);
              CHECK(reply.trap == "");
            }
          }
        }
      }
    }
  }
  CHECK(outside.is_unchanged());
}

TEST_CASE("a link that the guest makes is never followed out, whatever its target and wherever it is moved", "[wasi][sandbox][path_symlink][attack][attack6][attack10]") {
  TempTree tree;
  tree.mkdir("d");
  tree.write("d/f", "outside");
  const Outside outside(tree.path("d"));
  Guest guest(tree, on_both_resolvers());
  REQUIRE(guest.call("path_create_directory", kRoot, "a") == Errno::Success);
  REQUIRE(guest.call("path_create_directory", kRoot, "a/b") == Errno::Success);
  for (const char* target : {"/etc/passwd", "//etc", "/.", "/"}) {
    CHECK(guest.call("path_symlink", target, kRoot, "absolute") == Errno::Perm);
  }
  // Inside where it is made, or not even that.
  for (const char* target : {"../../f", "../..", "../../", "..", ".././..", "../../../d/f", "../../../../../../../../etc/passwd"}) {
    INFO(target);
    REQUIRE(guest.call("path_symlink", target, kRoot, "a/b/l") == Errno::Success);
    CHECK_FALSE(guest.path_open(kRoot, "a/b/l/../../../d/f") == Errno::Success);
    REQUIRE(guest.call("path_rename", kRoot, "a/b/l", kRoot, "l") == Errno::Success);
    CHECK(guest.path_open(kRoot, "l") == Errno::Perm);
    CHECK(guest.path_open(kRoot, "l/d/f") == Errno::Perm);
    CHECK(guest.path_open(kRoot, "l", {.oflags = oflags::kCreat | oflags::kTrunc, .rights = kReadWrite}) == Errno::Perm);
    REQUIRE(guest.call("path_link", kRoot, 0, "l", kRoot, "hard") == Errno::Success);
    CHECK(guest.path_open(kRoot, "hard") == Errno::Perm);
    REQUIRE(guest.call("path_unlink_file", kRoot, "hard") == Errno::Success);
    REQUIRE(guest.call("path_unlink_file", kRoot, "l") == Errno::Success);
  }
  CHECK(outside.is_unchanged());
}

TEST_CASE("a preopen given as a dot cannot be left", "[wasi][sandbox][attack][attack21]") {
  TempTree tree;
  tree.mkdir("root/a");
  tree.write("root/f", "inside");
  const int before = ::open(".", O_PATH | O_CLOEXEC);
  REQUIRE(::chdir(tree.root().c_str()) == 0);
  WasiOptions options;
  options.preopens.push_back({".", ".", false});
  Guest guest(std::move(options), on_both_resolvers());
  REQUIRE(::fchdir(before) == 0);
  ::close(before);
  CHECK(guest.path_open(kRoot, ".", {.oflags = oflags::kDirectory}) == Errno::Success);
  CHECK(guest.path_open(kRoot, "a/..", {.oflags = oflags::kDirectory}) == Errno::Success);
  CHECK(guest.read_all(guest.open("./f")) == "inside");
  const uint32_t again = guest.open(".", {.oflags = oflags::kDirectory});
  for (const uint32_t fd : {kRoot, again}) {
    for (const char* path : {"..", "./..", "../", "a/../..", "../root/f", ".//../canary"}) CHECK(guest.path_open(fd, path) == Errno::Perm);
  }
}

TEST_CASE("a NUL in a name is invalid in every call and both of its names", "[wasi][sandbox][attack][attack28]") {
  TempTree tree;
  tree.write("root/f", "x");
  const bool read_only = GENERATE(false, true);
  Guest guest(tree, on_both_resolvers(), read_only);
  for (const std::string& path : {std::string("f\0", 2), std::string("\0", 1), std::string("f\0/../../canary", 15), std::string("\0/etc/passwd", 12),
                                  std::string("a/\0", 3), std::string(".\0.", 3)}) {
    for (const auto& [name, reply] : on_every_call(guest, path)) {
      INFO(name);
      CHECK(reply == Errno::Inval);
    }
    CHECK(guest.call("path_symlink", path, kRoot, "l") == Errno::Inval);
  }
  CHECK_FALSE(tree.exists("root/l"));
  CHECK(tree.read("root/f") == "x");
}

TEST_CASE("names and paths that are too long are refused by every call", "[wasi][sandbox][attack][attack29]") {
  TempTree tree;
  tree.write("root/f", "x");
  Guest guest(tree, on_both_resolvers());
  std::vector<uint8_t> large(2 << 20);
  guest.use_memory(large);
  for (const std::string& path : {std::string(256, 'n'), std::string(256, 'n') + "/x", "./" + std::string(4094, 'n'), std::string(4096, 'n'),
                                  std::string(5000, '/').replace(0, 1, "f"), std::string(1 << 20, 'n')}) {
    for (const auto& [name, reply] : on_every_call(guest, path)) {
      INFO(name << " of " << path.size());
      CHECK(reply == Errno::Nametoolong);
    }
  }
  const std::string longest(255, 'n');
  CHECK(guest.path_open(kRoot, longest, {.oflags = oflags::kCreat, .rights = kReadWrite}) == Errno::Success);
  CHECK(guest.call("path_rename", kRoot, longest, kRoot, std::string(255, 'm')) == Errno::Success);
  CHECK(tree.exists("root/" + std::string(255, 'm')));
  // 4095 bytes are a path, of single-letter directories too.
  std::string dots;
  while (dots.size() < 4094) dots += "./";
  CHECK(guest.path_open(kRoot, dots + "f") == Errno::Success);
  std::string letters = "a";
  while (letters.size() < 4094) letters += "/a";
  CHECK(guest.path_open(kRoot, letters) == Errno::Noent);
}

TEST_CASE("names of any bytes are made, listed, renamed and removed, and stay apart", "[wasi][sandbox][attack][attack30]") {
  TempTree tree;
  Guest guest(tree, on_both_resolvers());
  std::vector<std::string> names{"\xff", "\xc3\x28", "\xed\xa0\x80", "e\xcc\x81", "\xc3\xa9", "a\nb", "a\\b", "-rf", "--", "~", "*", "...", " ", "COM1", "con", "nul.txt", "a:b"};
  for (int byte = 1; byte < 256; ++byte) {
    if (byte != '/' && byte != '.') names.push_back(std::string("x") + static_cast<char>(byte));
  }
  for (const std::string& name : names) {
    INFO(name);
    REQUIRE(guest.path_open(kRoot, name, {.oflags = oflags::kCreat | oflags::kExcl, .rights = kReadWrite}) == Errno::Success);
    REQUIRE(guest.call("fd_close", guest.get<uint32_t>(kResult)) == Errno::Success);
    REQUIRE(tree.exists("root/" + name));
  }
  REQUIRE(guest.call("fd_readdir", kRoot, kBuffer, 0x10000, 0, kResult) == Errno::Success);
  std::set<std::string> listed;
  for (uint32_t at = kBuffer; at < kBuffer + guest.get<uint32_t>(kResult);) {
    const auto size = guest.get<uint32_t>(at + 16);
    listed.insert(guest.text(at + kDirentSize, size));
    at += kDirentSize + size;
  }
  CHECK(listed.size() == names.size() + 2);
  for (const std::string& name : names) {
    INFO(name);
    CHECK(listed.count(name) == 1);
    CHECK(guest.call("path_rename", kRoot, name, kRoot, name + "2") == Errno::Success);
    CHECK(guest.call("path_unlink_file", kRoot, name + "2") == Errno::Success);
  }
}

TEST_CASE("a program that is granted nothing finds nothing", "[wasi][sandbox][attack]") {
  Guest guest(WasiOptions{}, on_both_resolvers());
  CHECK(guest.call("fd_prestat_get", 3, kResult) == Errno::Badf);
  for (const uint32_t fd : {0u, 1u, 2u}) {
    CHECK(guest.call("fd_prestat_get", fd, kResult) == Errno::Badf);
    for (const char* path : {".", "/", "/etc/passwd", "etc/passwd", ".."}) {
      const Reply reply = guest.path_open(fd, path);
      CHECK((reply == Errno::Notdir || reply == Errno::Badf || reply == Errno::Notcapable));
    }
  }
  for (const uint32_t fd : {3u, 4u, 5u, 100u}) CHECK(guest.path_open(fd, ".") == Errno::Badf);
}

TEST_CASE("what is opened below a read-only preopen is read-only, however deep and by whatever name", "[wasi][sandbox][read_only][attack][attack26]") {
  TempTree tree;
  tree.mkdir("root/a/b/c");
  tree.write("root/a/b/c/f", "x");
  tree.symlink("a/b", "root/short");
  const Outside inside(tree.path("root/a/b/c/f"));
  Guest guest(tree, on_both_resolvers(), true);
  const uint32_t a = guest.open("a", {.oflags = oflags::kDirectory});
  const uint32_t b = guest.open("b", {.oflags = oflags::kDirectory}, a);
  const uint32_t c = guest.open("short/c", {.oflags = oflags::kDirectory});
  REQUIRE(guest.call("fd_renumber", c, a) == Errno::Success);
  for (const auto& [fd, path] : {std::pair<uint32_t, std::string>{b, "c/f"}, {a, "f"}, {kRoot, "short/c/f"}, {kRoot, "a/b/c/../c/f"}}) {
    INFO(path);
    CHECK(guest.path_open(fd, path, {.rights = kReadWrite}) == Errno::Perm);
    CHECK(guest.path_open(fd, path, {.rights = rights::kFdAllocate}) == Errno::Perm);
    CHECK(guest.path_open(fd, path, {.oflags = oflags::kTrunc, .rights = 0}) == Errno::Perm);
    CHECK(guest.path_open(fd, path, {.oflags = oflags::kTrunc | oflags::kCreat, .rights = 0}) == Errno::Perm);
    CHECK(guest.path_open(fd, path + "2", {.oflags = oflags::kCreat, .rights = 0}) == Errno::Perm);
    const uint32_t file = guest.open(path, {.rights = kReadRights, .fdflags = fdflags::kAppend}, fd);
    CHECK(guest.write(file, "y") == Errno::Badf);
    CHECK(guest.call("fd_filestat_set_size", file, 0) == Errno::Perm);
    CHECK(guest.call("fd_filestat_set_times", file, 1, 1, 5) == Errno::Perm);
    CHECK(guest.call("fd_allocate", file, 0, 100) == Errno::Perm);
  }
  CHECK(inside.is_unchanged());
}

}  // namespace wasmrun::wasi
