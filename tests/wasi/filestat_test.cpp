// Status, size and times, by path and by descriptor.
#include "tests/wasi/guest.h"

namespace wasmrun::wasi {

namespace {
uint64_t nanoseconds(const timespec& time) {
  return static_cast<uint64_t>(time.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(time.tv_nsec);
}
struct stat host_status(const TempTree& tree, const std::string& name) {
  struct stat status;
  REQUIRE(::lstat(tree.path(name).c_str(), &status) == 0);
  return status;
}
}  // namespace

TEST_CASE("path_filestat_get tells what the host knows", "[wasi][path_filestat_get]") {
  TempTree tree;
  Guest guest(tree, on_both_resolvers());
  tree.mkdir("root/d");
  tree.write("root/d/f", "12345");
  const struct stat status = host_status(tree, "root/d/f");
  for (const char* path : {"d/f", "d/../d/f"}) {
    REQUIRE(guest.call("path_filestat_get", kRoot, 1, path, kResult) == Errno::Success);
    CHECK(guest.get<uint64_t>(kResult) == status.st_dev);
    CHECK(guest.get<uint64_t>(kResult + 8) == status.st_ino);
    CHECK(guest.stat_type(kResult) == FileType::RegularFile);
    CHECK(guest.get<uint64_t>(kResult + 24) == 1);
    CHECK(guest.get<uint64_t>(kResult + 32) == 5);
    CHECK(guest.get<uint64_t>(kResult + 40) == nanoseconds(status.st_atim));
    CHECK(guest.get<uint64_t>(kResult + 48) == nanoseconds(status.st_mtim));
    CHECK(guest.get<uint64_t>(kResult + 56) == nanoseconds(status.st_ctim));
  }
  const std::string by_path = guest.text(kResult, 64);
  const uint32_t fd = guest.open("d/f");
  REQUIRE(guest.call("fd_filestat_get", fd, kResult2) == Errno::Success);
  CHECK(guest.text(kResult2, 64) == by_path);
}

TEST_CASE("path_filestat_get follows links as asked, and always before a slash", "[wasi][path_filestat_get]") {
  TempTree tree;
  Guest guest(tree, on_both_resolvers());
  tree.mkdir("root/d");
  tree.write("root/f", "x");
  tree.symlink("d", "root/l");
  tree.symlink("none", "root/dangling");
  const auto type = [&](int flags, const char* path) {
    REQUIRE(guest.call("path_filestat_get", kRoot, flags, path, kResult) == Errno::Success);
    return guest.stat_type(kResult);
  };
  CHECK(type(0, "l") == FileType::SymbolicLink);
  CHECK(guest.get<uint64_t>(kResult + 32) == 1);
  CHECK(type(1, "l") == FileType::Directory);
  CHECK(type(0, "l/") == FileType::Directory);
  CHECK(type(0, "l/.") == FileType::Directory);
  CHECK(type(0, ".") == FileType::Directory);
  CHECK(type(0, "dangling") == FileType::SymbolicLink);
  CHECK(guest.call("path_filestat_get", kRoot, 1, "dangling", kResult) == Errno::Noent);
  CHECK(guest.call("path_filestat_get", kRoot, 0, "f/", kResult) == Errno::Notdir);
  CHECK(guest.call("path_filestat_get", kRoot, 0, "f/x", kResult) == Errno::Notdir);
  CHECK(guest.call("path_filestat_get", kRoot, 0, "none", kResult) == Errno::Noent);
  CHECK(guest.call("path_filestat_get", kRoot, 2, "f", kResult) == Errno::Inval);
}

TEST_CASE("a pipe in the tree is of unknown type", "[wasi][path_filestat_get]") {
  TempTree tree;
  Guest guest(tree, on_both_resolvers());
  REQUIRE(::mkfifo(tree.path("root/pipe").c_str(), 0666) == 0);
  REQUIRE(guest.call("path_filestat_get", kRoot, 0, "pipe", kResult) == Errno::Success);
  CHECK(guest.stat_type(kResult) == FileType::Unknown);
}

TEST_CASE("times are set to the nanosecond", "[wasi][path_filestat_set_times]") {
  TempTree tree;
  Guest guest(tree, on_both_resolvers());
  tree.mkdir("root/d");
  tree.write("root/d/f", "x");
  const uint64_t atim = 1'000'000'000'123'456'789, mtim = 987'654'321;
  const uint32_t both = fstflags::kAtim | fstflags::kMtim;
  REQUIRE(guest.call("path_filestat_set_times", kRoot, 1, "d/f", atim, mtim, both) == Errno::Success);
  struct stat status = host_status(tree, "root/d/f");
  CHECK(nanoseconds(status.st_atim) == atim);
  CHECK(nanoseconds(status.st_mtim) == mtim);
  REQUIRE(guest.call("path_filestat_set_times", kRoot, 0, "d/f", 7, 9, fstflags::kMtim) == Errno::Success);
  status = host_status(tree, "root/d/f");
  CHECK(nanoseconds(status.st_atim) == atim);
  CHECK(nanoseconds(status.st_mtim) == 9);
  const uint32_t fd = guest.open("d/f");
  REQUIRE(guest.call("fd_filestat_set_times", fd, 5, 6, fstflags::kAtim) == Errno::Success);
  status = host_status(tree, "root/d/f");
  CHECK(nanoseconds(status.st_atim) == 5);
  CHECK(nanoseconds(status.st_mtim) == 9);
  REQUIRE(guest.call("fd_filestat_set_times", fd, 0, 0, fstflags::kMtimNow) == Errno::Success);
  CHECK(nanoseconds(host_status(tree, "root/d/f").st_mtim) > 1'500'000'000'000'000'000);
}

TEST_CASE("times of a link or of what it leads to", "[wasi][path_filestat_set_times]") {
  TempTree tree;
  Guest guest(tree, on_both_resolvers());
  tree.write("root/f", "x");
  tree.symlink("f", "root/l");
  REQUIRE(guest.call("path_filestat_set_times", kRoot, 0, "l", 0, 1000, fstflags::kMtim) == Errno::Success);
  REQUIRE(guest.call("path_filestat_set_times", kRoot, 1, "l", 0, 2000, fstflags::kMtim) == Errno::Success);
  CHECK(nanoseconds(host_status(tree, "root/l").st_mtim) == 1000);
  CHECK(nanoseconds(host_status(tree, "root/f").st_mtim) == 2000);
}

TEST_CASE("contradicting time flags are invalid", "[wasi][path_filestat_set_times][attack][attack40]") {
  TempTree tree;
  Guest guest(tree, on_both_resolvers());
  tree.write("root/f", "x");
  const uint32_t fd = guest.open("f");
  for (const uint32_t flags : {3u, 12u, 15u, 16u, 0x10001u}) {
    CHECK(guest.call("path_filestat_set_times", kRoot, 0, "f", 0, 0, flags) == Errno::Inval);
    CHECK(guest.call("fd_filestat_set_times", fd, 0, 0, flags) == Errno::Inval);
  }
  CHECK(guest.call("path_filestat_set_times", kRoot, 2, "f", 0, 0, 0) == Errno::Inval);
}

TEST_CASE("fd_filestat_set_size cuts and extends with zeros", "[wasi][fd_filestat_set_size]") {
  TempTree tree;
  Guest guest(tree);
  tree.write("root/f", "12345");
  const uint32_t fd = guest.open("f", {.rights = kReadWrite});
  CHECK(guest.call("fd_filestat_set_size", fd, 2) == Errno::Success);
  CHECK(guest.call("fd_filestat_set_size", fd, 4) == Errno::Success);
  CHECK(tree.read("root/f") == std::string("12\0\0", 4));
  CHECK(guest.call("fd_filestat_set_size", fd, uint64_t{1} << 63) == Errno::Inval);
  CHECK(guest.call("fd_filestat_set_size", kRoot, 2) == Errno::Isdir);
  CHECK(guest.call("fd_filestat_set_size", guest.open("f"), 2) != Errno::Success);
  CHECK(tree.read("root/f").size() == 4);
}

TEST_CASE("fd_allocate extends and never cuts", "[wasi][fd_allocate]") {
  TempTree tree;
  Guest guest(tree);
  tree.write("root/f", "12345");
  const uint32_t fd = guest.open("f", {.rights = kReadWrite});
  const Reply reply = guest.call("fd_allocate", fd, 0, 10);
  if (!(reply == Errno::Notsup)) {
    CHECK(reply == Errno::Success);
    CHECK(tree.read("root/f").size() == 10);
    CHECK(guest.call("fd_allocate", fd, 0, 3) == Errno::Success);
    CHECK(tree.read("root/f").size() == 10);
  }
  CHECK(guest.call("fd_allocate", fd, 0, 0) == Errno::Inval);
  CHECK(guest.call("fd_allocate", fd, uint64_t{1} << 63, 1) == Errno::Inval);
  CHECK(guest.call("fd_allocate", fd, INT64_MAX, INT64_MAX) != Errno::Success);
  CHECK(guest.call("fd_allocate", kRoot, 0, 1) == Errno::Badf);
}

TEST_CASE("fd_advise accepts the six kinds on files", "[wasi][fd_advise]") {
  TempTree tree;
  Guest guest(tree);
  tree.write("root/f", "12345");
  const uint32_t fd = guest.open("f");
  for (int advice = 0; advice < 6; ++advice) CHECK(guest.call("fd_advise", fd, 0, 5, advice) == Errno::Success);
  CHECK(guest.call("fd_advise", fd, 0, 5, 6) == Errno::Inval);
  CHECK(guest.call("fd_advise", fd, 0, 5, 256) == Errno::Inval);
  CHECK(guest.call("fd_advise", fd, uint64_t{1} << 63, 5, 0) == Errno::Inval);
  CHECK(guest.call("fd_advise", kRoot, 0, 5, 0) == Errno::Badf);
}

TEST_CASE("standard streams do not tell when the host used them", "[wasi][fd_filestat_get]") {
  TempTree tree;
  Guest guest(tree);
  int pipe_ends[2];
  REQUIRE(::pipe(pipe_ends) == 0);
  const uint32_t fd = guest.adopt(pipe_ends[0], FileType::Unknown, true);
  REQUIRE(guest.call("fd_filestat_get", fd, kResult) == Errno::Success);
  CHECK(guest.get<uint64_t>(kResult + 32) == 0);
  CHECK(guest.get<uint64_t>(kResult + 48) == 0);
  CHECK(guest.get<uint64_t>(kResult + 8) != 0);
  ::close(pipe_ends[0]);
  ::close(pipe_ends[1]);
}

TEST_CASE("snapshot 0 has a shorter filestat", "[wasi][fd_filestat_get][unstable][attack][attack45]") {
  TempTree tree;
  Guest guest(tree);
  tree.write("root/f", "12345");
  guest.snapshot = Snapshot::Unstable;
  guest.set(kResult + 56, uint64_t{0x1122334455667788});
  REQUIRE(guest.call("path_filestat_get", kRoot, 0, "f", kResult) == Errno::Success);
  const struct stat status = host_status(tree, "root/f");
  CHECK(guest.get<uint64_t>(kResult + 8) == status.st_ino);
  CHECK(guest.get<uint32_t>(kResult + 20) == 1);
  CHECK(guest.get<uint64_t>(kResult + 24) == 5);
  CHECK(guest.get<uint64_t>(kResult + 40) == nanoseconds(status.st_mtim));
  CHECK(guest.get<uint64_t>(kResult + 48) == nanoseconds(status.st_ctim));
  CHECK(guest.get<uint64_t>(kResult + 56) == 0x1122334455667788);
}

}  // namespace wasmrun::wasi
