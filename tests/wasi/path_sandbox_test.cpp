// Nothing outside the preopen is reached, whatever the path, the links in the tree, or what the host does meanwhile.
#include <thread>

#include "tests/wasi/guest.h"

namespace wasmrun::wasi {

TEST_CASE("a path that climbs out of the preopen is refused", "[wasi][path_open][sandbox][attack][attack1][attack2][attack3]") {
  TempTree tree;
  Guest guest(tree, on_both_resolvers(), writable_and_not());
  tree.mkdir("root/a");
  std::string many;
  for (int i = 0; i < 60; ++i) many += "../";
  for (const std::string& path :
       {std::string("../canary"), std::string("a/../../canary"), many + "etc/passwd", std::string(".."),
        std::string("a/../.."), std::string("./../canary"), std::string("a/../../root/a"), std::string("../")}) {
    INFO(path);
    CHECK(guest.path_open(kRoot, path) == Errno::Perm);
    CHECK(guest.call("path_filestat_get", kRoot, 1, path, kResult) == Errno::Perm);
    CHECK(guest.call("path_filestat_get", kRoot, 0, path, kResult) == Errno::Perm);
  }
}

TEST_CASE("an absolute path is refused", "[wasi][path_open][sandbox][attack][attack4][attack5]") {
  TempTree tree;
  Guest guest(tree, on_both_resolvers(), writable_and_not());
  for (const std::string& path :
       {std::string("/etc/passwd"), std::string("//x"), std::string("/./x"), std::string("/"), tree.path("canary")}) {
    INFO(path);
    CHECK(guest.path_open(kRoot, path) == Errno::Perm);
    CHECK(guest.call("path_create_directory", kRoot, path) == Errno::Perm);
    CHECK(guest.call("path_unlink_file", kRoot, path) == Errno::Perm);
  }
}

TEST_CASE("a host's absolute link is not followed", "[wasi][path_open][sandbox][attack][attack7][attack8]") {
  TempTree tree;
  Guest guest(tree, on_both_resolvers(), writable_and_not());
  tree.symlink(tree.path("canary"), "root/last");
  tree.symlink(tree.path(""), "root/middle");
  CHECK(guest.path_open(kRoot, "last") == Errno::Perm);
  CHECK(guest.path_open(kRoot, "middle/canary") == Errno::Perm);
  CHECK(guest.call("path_filestat_get", kRoot, 1, "last", kResult) == Errno::Perm);
  CHECK(guest.path_open(kRoot, "last", {.oflags = oflags::kTrunc, .rights = kReadWrite}) == Errno::Perm);
  CHECK(guest.path_open(kRoot, "middle/new", {.oflags = oflags::kCreat, .rights = kReadWrite}) == Errno::Perm);
  CHECK_FALSE(tree.exists("new"));
}

TEST_CASE("a relative link to the outside is not followed", "[wasi][path_open][sandbox][attack][attack9]") {
  TempTree tree;
  Guest guest(tree, on_both_resolvers(), writable_and_not());
  tree.symlink("..", "root/up");
  tree.symlink("../canary", "root/out");
  CHECK(guest.path_open(kRoot, "up") == Errno::Perm);
  CHECK(guest.path_open(kRoot, "up", {.oflags = oflags::kDirectory}) == Errno::Perm);
  CHECK(guest.path_open(kRoot, "up/canary") == Errno::Perm);
  CHECK(guest.path_open(kRoot, "out") == Errno::Perm);
  CHECK(guest.path_open(kRoot, "out", {.follow = false}) == Errno::Loop);
  CHECK(guest.call("path_filestat_get", kRoot, 0, "out", kResult) == Errno::Success);
  CHECK(guest.stat_type(kResult) == FileType::SymbolicLink);
}

TEST_CASE("a link that pointed inside does not lead outside after a rename", "[wasi][path_rename][sandbox][attack][attack10]") {
  TempTree tree;
  Guest guest(tree, on_both_resolvers());
  CHECK(guest.call("path_create_directory", kRoot, "a") == Errno::Success);
  CHECK(guest.call("path_symlink", "..", kRoot, "a/l") == Errno::Success);
  CHECK(guest.call("path_rename", kRoot, "a/l", kRoot, "l") == Errno::Success);
  CHECK(guest.path_open(kRoot, "l/canary") == Errno::Perm);
  CHECK(guest.path_open(kRoot, "l", {.oflags = oflags::kDirectory}) == Errno::Perm);
}

TEST_CASE("a way out and in again is refused", "[wasi][path_open][sandbox][attack][attack11]") {
  TempTree tree;
  Guest guest(tree, on_both_resolvers(), writable_and_not());
  tree.write("root/f", "inside");
  tree.symlink("../root/f", "root/around");
  CHECK(guest.path_open(kRoot, "around") == Errno::Perm);
  CHECK(guest.path_open(kRoot, "../root/f") == Errno::Perm);
}

TEST_CASE("dots that stay inside work", "[wasi][path_open][sandbox][attack][attack12]") {
  TempTree tree;
  Guest guest(tree, on_both_resolvers(), writable_and_not());
  tree.mkdir("root/a/b");
  tree.write("root/f", "inside");
  tree.symlink("../f", "root/a/link");
  tree.symlink("b/../link", "root/a/twice");
  for (const char* path : {"a/../f", "a/.//b/../../f", "./f", "a/b/../link", "a/twice", "a/link", "a//b///.././../f"}) {
    INFO(path);
    const uint32_t fd = guest.open(path);
    CHECK(guest.read_all(fd) == "inside");
  }
  CHECK(guest.path_open(kRoot, ".", {.oflags = oflags::kDirectory}) == Errno::Success);
  CHECK(guest.path_open(kRoot, "a/..", {.oflags = oflags::kDirectory}) == Errno::Success);
  CHECK(guest.path_open(kRoot, "a/b/../..") == Errno::Success);
}

TEST_CASE("links that never end are a loop, forty are not", "[wasi][path_open][sandbox][attack][attack13]") {
  TempTree tree;
  Guest guest(tree, on_both_resolvers(), writable_and_not());
  tree.write("root/f0", "end");
  tree.symlink("self", "root/self");
  tree.symlink("pong", "root/ping");
  tree.symlink("ping", "root/pong");
  for (int i = 1; i <= 41; ++i) tree.symlink("f" + std::to_string(i - 1), "root/f" + std::to_string(i));
  CHECK(guest.path_open(kRoot, "self") == Errno::Loop);
  CHECK(guest.path_open(kRoot, "ping") == Errno::Loop);
  CHECK(guest.path_open(kRoot, "ping/x") == Errno::Loop);
  CHECK(guest.path_open(kRoot, "f41") == Errno::Loop);
  CHECK(guest.path_open(kRoot, "f40") == Errno::Success);
}

TEST_CASE("a trailing slash does not make an escaping link followed", "[wasi][path_filestat_get][sandbox][attack][attack14]") {
  TempTree tree;
  Guest guest(tree, on_both_resolvers());
  tree.symlink("..", "root/up");
  tree.symlink("../canary", "root/out");
  for (const bool follow : {false, true}) {
    CHECK(guest.path_open(kRoot, "up/", {.oflags = oflags::kDirectory, .follow = follow}) == Errno::Perm);
    CHECK(guest.path_open(kRoot, "up/", {.follow = follow}) == Errno::Perm);
    CHECK(guest.path_open(kRoot, "up//", {.follow = follow}) == Errno::Perm);
    CHECK(guest.call("path_filestat_get", kRoot, follow, "up/", kResult) == Errno::Perm);
    CHECK(guest.call("path_filestat_set_times", kRoot, follow, "up/", 1, 1, fstflags::kMtim) == Errno::Perm);
    CHECK(guest.call("path_filestat_set_times", kRoot, follow, "out/", 1, 1, fstflags::kMtim) == Errno::Perm);
  }
  CHECK(guest.call("path_readlink", kRoot, "up/", kBuffer, 100, kResult) == Errno::Perm);
  CHECK(guest.call("path_link", kRoot, 0, "up/", kRoot, "hard") == Errno::Perm);
  CHECK(guest.call("path_remove_directory", kRoot, "up/") == Errno::Notdir);
  CHECK(guest.call("path_unlink_file", kRoot, "up/") == Errno::Notdir);
  CHECK(tree.exists("root/up"));
}

TEST_CASE("a slash at the end of a link's target does not let it out", "[wasi][path_open][sandbox][attack][attack15]") {
  TempTree tree;
  Guest guest(tree, on_both_resolvers(), writable_and_not());
  tree.symlink("..", "root/evil");
  tree.symlink("evil/", "root/l");
  tree.symlink("l/", "root/ll");
  for (const char* path : {"l", "l/", "ll", "ll/", "l/canary", "ll/canary", "l/."}) {
    INFO(path);
    CHECK(guest.path_open(kRoot, path) == Errno::Perm);
    CHECK(guest.call("path_filestat_get", kRoot, 1, path, kResult) == Errno::Perm);
    CHECK(guest.call("path_filestat_set_times", kRoot, 1, path, 1, 1, fstflags::kMtim) == Errno::Perm);
  }
  CHECK(guest.path_open(kRoot, "l", {.oflags = oflags::kDirectory, .follow = false}) != Errno::Success);
}

TEST_CASE("a slash at the end of a link's target demands a directory", "[wasi][path_open][sandbox][attack][attack15]") {
  TempTree tree;
  Guest guest(tree, on_both_resolvers(), writable_and_not());
  tree.mkdir("root/d");
  tree.write("root/f", "x");
  tree.symlink("d/", "root/to_d");
  tree.symlink("f/", "root/to_f");
  CHECK(guest.path_open(kRoot, "to_d") == Errno::Success);
  CHECK(guest.path_open(kRoot, "to_f") == Errno::Notdir);
}

TEST_CASE("a link out followed by dots is refused", "[wasi][path_open][sandbox][attack][attack16]") {
  TempTree tree;
  Guest guest(tree, on_both_resolvers(), writable_and_not());
  tree.symlink("..", "root/up");
  for (const char* path : {"up/.", "up/..", "up/../..", "up/./canary"}) {
    INFO(path);
    CHECK(guest.path_open(kRoot, path) == Errno::Perm);
    CHECK(guest.call("path_create_directory", kRoot, path) == Errno::Perm);
    CHECK(guest.call("path_remove_directory", kRoot, path) == Errno::Perm);
    CHECK(guest.call("path_unlink_file", kRoot, path) == Errno::Perm);
  }
}

TEST_CASE("no call that changes names works through a link to the outside", "[wasi][path_rename][sandbox][attack][attack9]") {
  TempTree tree;
  Guest guest(tree, on_both_resolvers());
  tree.symlink("..", "root/up");
  tree.write("root/f", "x");
  CHECK(guest.call("path_create_directory", kRoot, "up/d") == Errno::Perm);
  CHECK(guest.call("path_remove_directory", kRoot, "up/root") == Errno::Perm);
  CHECK(guest.call("path_unlink_file", kRoot, "up/canary") == Errno::Perm);
  CHECK(guest.call("path_rename", kRoot, "f", kRoot, "up/f") == Errno::Perm);
  CHECK(guest.call("path_rename", kRoot, "up/canary", kRoot, "mine") == Errno::Perm);
  CHECK(guest.call("path_rename", kRoot, "../canary", kRoot, "mine") == Errno::Perm);
  CHECK(guest.call("path_link", kRoot, 0, "up/canary", kRoot, "mine") == Errno::Perm);
  CHECK(guest.call("path_link", kRoot, 0, "f", kRoot, "up/f") == Errno::Perm);
  CHECK(guest.call("path_symlink", "x", kRoot, "up/l") == Errno::Perm);
  CHECK(guest.call("path_readlink", kRoot, "up/root", kBuffer, 10, kResult) == Errno::Perm);
  CHECK_FALSE(tree.exists("f"));
  CHECK_FALSE(tree.exists("d"));
  CHECK_FALSE(tree.exists("l"));
}

TEST_CASE("creating through a dangling link makes the file inside, never outside", "[wasi][path_open][sandbox][attack][attack9]") {
  TempTree tree;
  Guest guest(tree, on_both_resolvers());
  tree.symlink("target", "root/inside");
  tree.symlink("../made", "root/outside");
  CHECK(guest.path_open(kRoot, "outside", {.oflags = oflags::kCreat, .rights = kReadWrite}) == Errno::Perm);
  CHECK_FALSE(tree.exists("made"));
  CHECK(guest.path_open(kRoot, "inside", {.oflags = oflags::kCreat | oflags::kExcl, .rights = kReadWrite}) ==
        Errno::Exist);
  CHECK(guest.path_open(kRoot, "inside", {.oflags = oflags::kCreat, .rights = kReadWrite, .follow = false}) ==
        Errno::Loop);
  CHECK(guest.path_open(kRoot, "inside", {.oflags = oflags::kCreat, .rights = kReadWrite}) == Errno::Success);
  CHECK(tree.exists("root/target"));
}

TEST_CASE("a preopen that the host renames stays usable and closed", "[wasi][path_open][sandbox][attack][attack20]") {
  TempTree tree;
  Guest guest(tree, on_both_resolvers(), writable_and_not());
  tree.write("root/f", "moved");
  std::filesystem::rename(tree.root(), tree.path("elsewhere"));
  CHECK(guest.read_all(guest.open("f")) == "moved");
  CHECK(guest.path_open(kRoot, "..") == Errno::Perm);
}

TEST_CASE("a preopen that the host removes is empty", "[wasi][path_open][sandbox][attack][attack20]") {
  TempTree tree;
  Guest guest(tree, on_both_resolvers());
  std::filesystem::remove_all(tree.root());
  CHECK(guest.path_open(kRoot, "f") == Errno::Noent);
  CHECK(guest.path_open(kRoot, "f", {.oflags = oflags::kCreat, .rights = kReadWrite}) == Errno::Noent);
  CHECK(guest.path_open(kRoot, "..") == Errno::Perm);
  CHECK(guest.call("path_create_directory", kRoot, "d") == Errno::Noent);
  CHECK(guest.call("fd_readdir", kRoot, kBuffer, 4096, 0, kResult) == Errno::Success);
  CHECK(guest.get<uint32_t>(kResult) == 0);
}

TEST_CASE("an open directory that the host moves outside still cannot be left", "[wasi][path_open][sandbox][attack][attack22]") {
  TempTree tree;
  Guest guest(tree, on_both_resolvers(), writable_and_not());
  tree.mkdir("root/sub/inner");
  const uint32_t sub = guest.open("sub", {.oflags = oflags::kDirectory});
  std::filesystem::rename(tree.path("root/sub"), tree.path("outside"));
  CHECK(guest.path_open(sub, "..") == Errno::Perm);
  CHECK(guest.path_open(sub, "../canary") == Errno::Perm);
  CHECK(guest.path_open(sub, "inner/../../canary") == Errno::Perm);
  CHECK(guest.path_open(sub, "inner/..") == Errno::Success);
}

TEST_CASE("a subdirectory's descriptor does not give its parent", "[wasi][path_open][sandbox][attack][attack22]") {
  TempTree tree;
  Guest guest(tree, on_both_resolvers(), writable_and_not());
  tree.mkdir("root/sub");
  tree.write("root/f", "x");
  tree.symlink("../f", "root/sub/l");
  const uint32_t sub = guest.open("sub", {.oflags = oflags::kDirectory});
  CHECK(guest.path_open(sub, "../f") == Errno::Perm);
  CHECK(guest.path_open(sub, "l") == Errno::Perm);
  CHECK(guest.path_open(kRoot, "sub/l") == Errno::Success);
}

TEST_CASE("procfs below a preopen is refused", "[wasi][path_open][sandbox][attack][attack23]") {
  WasiOptions options;
  options.preopens.push_back({"/", "/", writable_and_not()});
  Guest guest(std::move(options), on_both_resolvers());
  for (const char* path : {"proc/self/mem", "proc/self/status", "proc", "proc/self/root", "proc/self/cwd",
                           "proc/self/exe", "proc/self/fd/0"}) {
    INFO(path);
    const Reply reply = guest.path_open(kRoot, path);
    CHECK((reply == Errno::Perm || reply == Errno::Loop));
    const Reply writing = guest.path_open(kRoot, path, {.rights = kReadWrite});
    CHECK((writing == Errno::Perm || writing == Errno::Loop || writing == Errno::Isdir || writing == Errno::Acces));
  }
  CHECK(guest.call("path_readlink", kRoot, "proc/self/cwd", kBuffer, 100, kResult) == Errno::Perm);
  CHECK(guest.path_open(kRoot, "tmp", {.oflags = oflags::kDirectory}) == Errno::Success);
}

TEST_CASE("a link that the host swaps while paths resolve never leads outside", "[wasi][path_open][sandbox][attack][attack17]") {
  TempTree tree;
  Guest guest(tree, on_both_resolvers(), writable_and_not());
  tree.mkdir("root/dir");
  tree.write("root/dir/canary", "inside");
  tree.mkdir("root/spare");
  tree.symlink("..", "root/link");
  std::jthread swapper([&](std::stop_token token) {
    const std::string dir = tree.path("root/dir"), link = tree.path("root/link"), spare = tree.path("root/x");
    while (!token.stop_requested()) {
      ::rename(dir.c_str(), spare.c_str());
      ::rename(link.c_str(), dir.c_str());
      ::rename(dir.c_str(), link.c_str());
      ::rename(spare.c_str(), dir.c_str());
    }
  });
  for (int i = 0; i < 3000; ++i) {
    const Reply reply = guest.path_open(kRoot, "dir/canary");
    if (reply == Errno::Success) {
      const uint32_t fd = guest.get<uint32_t>(kResult);
      REQUIRE(guest.read_all(fd) == "inside");
      REQUIRE(guest.call("fd_close", fd) == Errno::Success);
    } else {
      REQUIRE((reply == Errno::Perm || reply == Errno::Noent || reply == Errno::Loop || reply == Errno::Notdir));
    }
    const Reply made = guest.call("path_create_directory", kRoot, "dir/made");
    REQUIRE((made == Errno::Success || made == Errno::Exist || made == Errno::Perm || made == Errno::Noent ||
             made == Errno::Notdir || made == Errno::Loop));
  }
  swapper.request_stop();
  swapper.join();
  CHECK_FALSE(tree.exists("made"));
}

TEST_CASE("a path of two thousand components does not use up descriptors", "[wasi][path_open][sandbox][attack][attack29]") {
  TempTree tree;
  Guest guest(tree, on_both_resolvers());
  std::string path;
  const int base = ::open(tree.root().c_str(), O_RDONLY | O_DIRECTORY);
  int at = base;
  for (int i = 0; i < 2000; ++i) {
    REQUIRE(::mkdirat(at, "a", 0777) == 0);
    const int next = ::openat(at, "a", O_RDONLY | O_DIRECTORY);
    REQUIRE(next >= 0);
    ::close(at);
    at = next;
    path += i == 0 ? "a" : "/a";
  }
  ::close(at);
  CHECK(guest.path_open(kRoot, path) == Errno::Success);
  CHECK(guest.call("path_create_directory", kRoot, path + "/b") == Errno::Success);
}

}  // namespace wasmrun::wasi
