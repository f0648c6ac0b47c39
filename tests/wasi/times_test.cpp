// Times of files: what is told, what is set, what is left alone.
#include "tests/wasi/behaviour.h"
#include "wasi/fd_access.h"

namespace wasmrun::wasi {

namespace {

constexpr uint64_t kOld = 1'111'111'111'222'333'444;

/// A file, a directory and a link, all with old times.
struct Old {
  Old() {
    tree.write("root/f", "text");
    tree.mkdir("root/d");
    tree.symlink("f", "root/l");
    for (const char* name : {"root/f", "root/d", "root/l"}) age(name);
  }
  void age(const std::string& name) {
    const timespec time{kOld / 1'000'000'000, kOld % 1'000'000'000};
    const timespec times[2] = {time, time};
    REQUIRE(::utimensat(AT_FDCWD, tree.path(name).c_str(), times, AT_SYMLINK_NOFOLLOW) == 0);
  }
  uint64_t atim(const std::string& name) { return nanoseconds(host_status(tree, name).st_atim); }
  uint64_t mtim(const std::string& name) { return nanoseconds(host_status(tree, name).st_mtim); }
  Reply set(const char* path, uint64_t atim, uint64_t mtim, uint32_t flags, bool follow = true) {
    return guest.call("path_filestat_set_times", kRoot, follow ? 1 : 0, path, atim, mtim, flags);
  }
  TempTree tree;
  Guest guest{tree, on_both_resolvers()};
};

uint64_t now() {
  timespec time;
  ::clock_gettime(CLOCK_REALTIME_COARSE, &time);
  return nanoseconds(time);
}

constexpr uint32_t kBoth = fstflags::kAtim | fstflags::kMtim;
constexpr uint32_t kBothNow = fstflags::kAtimNow | fstflags::kMtimNow;

}  // namespace

TEST_CASE("only the time asked for changes", "[wasi][times][path_filestat_set_times]") {
  Old old;
  CHECK(old.set("f", 5, 6, fstflags::kAtim) == Errno::Success);
  CHECK(old.atim("root/f") == 5);
  CHECK(old.mtim("root/f") == kOld);
  CHECK(old.set("f", 7, 8, fstflags::kMtim) == Errno::Success);
  CHECK(old.atim("root/f") == 5);
  CHECK(old.mtim("root/f") == 8);
}

TEST_CASE("both times are now when asked", "[wasi][times][path_filestat_set_times]") {
  Old old;
  const uint64_t before = now();
  CHECK(old.set("f", 1, 1, kBothNow) == Errno::Success);
  CHECK(old.atim("root/f") >= before);
  CHECK(old.mtim("root/f") >= before);
}

TEST_CASE("one time is now and the other given", "[wasi][times][path_filestat_set_times]") {
  Old old;
  const uint64_t before = now();
  CHECK(old.set("f", 9, 0, fstflags::kAtim | fstflags::kMtimNow) == Errno::Success);
  CHECK(old.atim("root/f") == 9);
  CHECK(old.mtim("root/f") >= before);
}

TEST_CASE("no flags change no times", "[wasi][times][path_filestat_set_times][fd_filestat_set_times]") {
  Old old;
  CHECK(old.set("f", 1, 1, 0) == Errno::Success);
  CHECK(old.set("f", 1, 1, 0, false) == Errno::Success);
  CHECK(old.guest.call("fd_filestat_set_times", old.guest.open("f"), 1, 1, 0) == Errno::Success);
  CHECK(old.mtim("root/f") == kOld);
}

TEST_CASE("a path is looked up even when there is no time to set", "[wasi][times][path_filestat_set_times]") {
  Old old;
  for (const bool follow : {false, true}) {
    CHECK(old.set("none", 1, 1, 0, follow) == Errno::Noent);
    CHECK(old.set("no/f", 1, 1, 0, follow) == Errno::Noent);
    CHECK(old.set("../canary", 1, 1, 0, follow) == Errno::Perm);
    CHECK(old.set("f/x", 1, 1, 0, follow) == Errno::Notdir);
  }
}

TEST_CASE("times of a missing file are Noent", "[wasi][times][path_filestat_set_times]") {
  Old old;
  for (const bool follow : {false, true}) {
    CHECK(old.set("none", 1, 1, kBoth, follow) == Errno::Noent);
    CHECK(old.set("none", 1, 1, kBothNow, follow) == Errno::Noent);
  }
}

TEST_CASE("times of a link itself leave its target", "[wasi][times][path_filestat_set_times]") {
  Old old;
  CHECK(old.set("l", 3, 4, kBoth, false) == Errno::Success);
  CHECK(old.mtim("root/l") == 4);
  CHECK(old.mtim("root/f") == kOld);
}

TEST_CASE("times through a link leave the link's writing time", "[wasi][times][path_filestat_set_times]") {
  Old old;
  CHECK(old.set("l", 3, 4, kBoth) == Errno::Success);
  CHECK(old.mtim("root/f") == 4);
  CHECK(old.atim("root/f") == 3);
  CHECK(old.mtim("root/l") == kOld);
}

TEST_CASE("times of a dangling link can be set, those of its target not", "[wasi][times][path_filestat_set_times]") {
  Old old;
  old.tree.symlink("none", "root/dangling");
  CHECK(old.set("dangling", 3, 4, kBoth, false) == Errno::Success);
  CHECK(old.mtim("root/dangling") == 4);
  CHECK(old.set("dangling", 3, 4, kBoth) == Errno::Noent);
}

TEST_CASE("a directory's times are set by path and by descriptor", "[wasi][times]") {
  Old old;
  CHECK(old.set("d", 3, 4, kBoth) == Errno::Success);
  CHECK(old.mtim("root/d") == 4);
  CHECK(old.guest.call("fd_filestat_set_times", old.guest.open("d"), 5, 6, kBoth) == Errno::Success);
  CHECK(old.mtim("root/d") == 6);
}

TEST_CASE("a preopen's own times are set by a dot", "[wasi][times][path_filestat_set_times]") {
  Old old;
  for (const bool follow : {false, true}) {
    CHECK(old.set(".", 3, follow ? 4 : 5, kBoth, follow) == Errno::Success);
    CHECK(old.mtim("root") == (follow ? 4u : 5u));
  }
  CHECK(old.set("d/..", 3, 6, kBoth) == Errno::Success);
  CHECK(old.mtim("root") == 6);
  CHECK(old.guest.call("fd_filestat_set_times", kRoot, 3, 7, kBoth) == Errno::Success);
  CHECK(old.mtim("root") == 7);
}

TEST_CASE("times are set on a descriptor of any access mode", "[wasi][times][fd_filestat_set_times]") {
  Old old;
  for (const uint64_t rights : {rights::kFdRead, rights::kFdWrite, kReadWrite}) {
    const uint32_t fd = old.guest.open("f", {.rights = rights});
    CHECK(old.guest.call("fd_filestat_set_times", fd, rights, rights, kBoth) == Errno::Success);
    CHECK(old.mtim("root/f") == rights);
  }
}

TEST_CASE("fd_filestat_set_times changes only the time asked for", "[wasi][times][fd_filestat_set_times]") {
  Old old;
  const uint32_t fd = old.guest.open("f");
  CHECK(old.guest.call("fd_filestat_set_times", fd, 3, 4, fstflags::kMtim) == Errno::Success);
  CHECK(old.atim("root/f") == kOld);
  CHECK(old.mtim("root/f") == 4);
  const uint64_t before = now();
  CHECK(old.guest.call("fd_filestat_set_times", fd, 3, 4, fstflags::kAtimNow) == Errno::Success);
  CHECK(old.atim("root/f") >= before);
  CHECK(old.mtim("root/f") == 4);
}

TEST_CASE("a time and the same time now contradict each other", "[wasi][times]") {
  Old old;
  const uint32_t fd = old.guest.open("f");
  for (const uint32_t flags : {fstflags::kAtim | fstflags::kAtimNow, fstflags::kMtim | fstflags::kMtimNow}) {
    CHECK(old.set("f", 1, 1, flags) == Errno::Inval);
    CHECK(old.set("none", 1, 1, flags) == Errno::Inval);
    CHECK(old.guest.call("fd_filestat_set_times", fd, 1, 1, flags) == Errno::Inval);
  }
  CHECK(old.mtim("root/f") == kOld);
}

TEST_CASE("single nanoseconds survive being set and read", "[wasi][times]") {
  Old old;
  const uint32_t fd = old.guest.open("f");
  for (const uint64_t time : {uint64_t{0}, uint64_t{1}, uint64_t{999'999'999}, uint64_t{1'000'000'000},
                              uint64_t{1'234'567'890'123'456'789}}) {
    REQUIRE(old.guest.call("fd_filestat_set_times", fd, time, time, kBoth) == Errno::Success);
    REQUIRE(old.guest.call("fd_filestat_get", fd, kResult) == Errno::Success);
    CHECK(old.guest.get<uint64_t>(kResult + 40) == time);
    CHECK(old.guest.get<uint64_t>(kResult + 48) == time);
  }
}

TEST_CASE("the latest time there is does not wrap around", "[wasi][times][attack][attack41]") {
  Old old;
  REQUIRE(old.set("f", UINT64_MAX, UINT64_MAX, kBoth) == Errno::Success);
  REQUIRE(old.guest.call("path_filestat_get", kRoot, 1, "f", kResult) == Errno::Success);
  // Some file systems end in 2446 or 2106.
  CHECK(old.guest.get<uint64_t>(kResult + 48) > uint64_t{4'000'000'000} * 1'000'000'000);
}

TEST_CASE("a time before 1970 is told as 0", "[wasi][times][path_filestat_get]") {
  Old old;
  const timespec times[2] = {{-1, 999'999'999}, {-1'000'000, 5}};
  REQUIRE(::utimensat(AT_FDCWD, old.tree.path("root/f").c_str(), times, 0) == 0);
  REQUIRE(old.guest.call("path_filestat_get", kRoot, 1, "f", kResult) == Errno::Success);
  CHECK(old.guest.get<uint64_t>(kResult + 40) == 0);
  CHECK(old.guest.get<uint64_t>(kResult + 48) == 0);
  CHECK(old.guest.get<uint64_t>(kResult + 56) > 0);
}

TEST_CASE("a time that 64 bits of nanoseconds cannot hold is told as the latest", "[wasi][times]") {
  Old old;
  struct stat status = host_status(old.tree, "root/f");
  status.st_atim = {INT64_MAX, 999'999'999};
  status.st_mtim = {18'446'744'074, 0};
  status.st_ctim = {18'446'744'072, 999'999'999};
  State& state = old.guest.state();
  Call call{state, state.first_thread, old.guest, GuestMemory(old.guest.memory()), Snapshot::Preview1};
  write_filestat(call, kResult, status);
  CHECK(old.guest.get<uint64_t>(kResult + 40) == UINT64_MAX);
  CHECK(old.guest.get<uint64_t>(kResult + 48) == UINT64_MAX);
  CHECK(old.guest.get<uint64_t>(kResult + 56) == 18'446'744'072'999'999'999u);
}

TEST_CASE("reading leaves the time of writing, writing changes it", "[wasi][times]") {
  Old old;
  CHECK(old.guest.read_all(old.guest.open("f")) == "text");
  CHECK(old.mtim("root/f") == kOld);
  const uint64_t before = now();
  CHECK(old.guest.write(old.guest.open("f", {.rights = rights::kFdWrite}), "x") == Errno::Success);
  CHECK(old.mtim("root/f") >= before);
}

TEST_CASE("a new name changes its directory's time of writing", "[wasi][times]") {
  Old old;
  const uint64_t before = now();
  CHECK(old.guest.call("path_create_directory", kRoot, "d/new") == Errno::Success);
  CHECK(old.mtim("root/d") >= before);
}

TEST_CASE("times in a read-only tree are not set, nor through links into it", "[wasi][times][read_only][attack][attack26]") {
  Old old;
  Guest guest(old.tree, on_both_resolvers(), true);
  for (const char* path : {"f", "l", "d", "d/", "."}) {
    for (const int follow : {0, 1}) {
      CHECK(guest.call("path_filestat_set_times", kRoot, follow, path, 1, 1, kBoth) == Errno::Perm);
    }
  }
  CHECK(guest.call("path_filestat_set_times", kRoot, 0, "none", 1, 1, kBoth) == Errno::Noent);
  CHECK(guest.call("path_filestat_set_times", kRoot, 1, "none", 1, 1, kBoth) == Errno::Noent);
  CHECK(old.mtim("root/f") == kOld);
  CHECK(old.mtim("root/l") == kOld);
}

}  // namespace wasmrun::wasi
