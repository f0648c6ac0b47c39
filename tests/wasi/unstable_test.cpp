// wasi_unstable where its layouts differ, and that it is the same elsewhere.
#include <uv.h>

#include "tests/wasi/behaviour.h"
#include "tests/wasi/poll_guest.h"

namespace wasmrun::wasi {

namespace {

struct Unstable {
  Unstable() {
    tree.write("root/f", "0123456789");
    tree.mkdir("root/d");
    tree.symlink("f", "root/l");
    guest.snapshot = Snapshot::Unstable;
  }
  TempTree tree;
  PollGuest guest{Guest::options_for(tree), on_both_resolvers()};
};

constexpr int kCur = 0, kEnd = 1, kSet = 2;

}  // namespace

TEST_CASE("unstable: seeking from the position, the end and the start", "[wasi][unstable][fd_seek]") {
  Unstable u;
  const uint32_t fd = u.guest.open("f");
  const auto seek = [&](int64_t offset, int whence) {
    REQUIRE(u.guest.call("fd_seek", fd, offset, whence, kResult) == Errno::Success);
    return u.guest.get<uint64_t>(kResult);
  };
  CHECK(seek(4, kSet) == 4);
  CHECK(seek(2, kCur) == 6);
  CHECK(seek(-3, kEnd) == 7);
  CHECK(seek(0, kCur) == 7);
  CHECK(u.guest.call("fd_seek", fd, -1, kSet, kResult) == Errno::Inval);
  CHECK(u.guest.call("fd_seek", fd, 0, 3, kResult) == Errno::Inval);
}

TEST_CASE("unstable: who may only tell asks by its own number for the position", "[wasi][unstable][fd_seek]") {
  Unstable u;
  const uint32_t fd = u.guest.open("f");
  drop_rights(u.guest, fd, rights::kFdSeek);
  CHECK(u.guest.call("fd_seek", fd, 0, kCur, kResult) == Errno::Success);
  CHECK(u.guest.call("fd_seek", fd, 0, kEnd, kResult) == Errno::Notcapable);
  CHECK(u.guest.call("fd_seek", fd, 0, kSet, kResult) == Errno::Notcapable);
}

TEST_CASE("unstable: path_filestat_get writes 56 bytes", "[wasi][unstable][path_filestat_get]") {
  Unstable u;
  u.guest.put(kResult, std::string(64, '#'));
  REQUIRE(u.guest.call("path_filestat_get", kRoot, 1, "l", kResult) == Errno::Success);
  const struct stat status = host_status(u.tree, "root/f");
  CHECK(u.guest.get<uint64_t>(kResult) == status.st_dev);
  CHECK(u.guest.get<uint64_t>(kResult + 8) == status.st_ino);
  CHECK(u.guest.stat_type(kResult) == FileType::RegularFile);
  CHECK(u.guest.text(kResult + 17, 3) == std::string(3, '\0'));
  CHECK(u.guest.get<uint32_t>(kResult + 20) == 1);
  CHECK(u.guest.get<uint64_t>(kResult + 24) == 10);
  CHECK(u.guest.get<uint64_t>(kResult + 32) == nanoseconds(status.st_atim));
  CHECK(u.guest.get<uint64_t>(kResult + 40) == nanoseconds(status.st_mtim));
  CHECK(u.guest.get<uint64_t>(kResult + 48) == nanoseconds(status.st_ctim));
  CHECK(u.guest.text(kResult + 56, 8) == "########");
}

TEST_CASE("unstable: fd_filestat_get writes the same 56 bytes", "[wasi][unstable][fd_filestat_get]") {
  Unstable u;
  REQUIRE(u.guest.call("path_filestat_get", kRoot, 0, "f", kResult) == Errno::Success);
  const std::string by_path = u.guest.text(kResult, 56);
  const uint32_t fd = u.guest.open("f");
  REQUIRE(u.guest.call("fd_filestat_get", fd, kResult2) == Errno::Success);
  CHECK(u.guest.text(kResult2, 56) == by_path);
}

TEST_CASE("unstable: a link and a directory have their types where the type is", "[wasi][unstable][fd_filestat_get]") {
  Unstable u;
  REQUIRE(u.guest.call("path_filestat_get", kRoot, 0, "d", kResult) == Errno::Success);
  CHECK(u.guest.stat_type(kResult) == FileType::Directory);
  REQUIRE(u.guest.call("path_filestat_get", kRoot, 0, "l", kResult) == Errno::Success);
  CHECK(u.guest.stat_type(kResult) == FileType::SymbolicLink);
}

TEST_CASE("unstable: a filestat fits at the end of the memory where preview 1's does not", "[wasi][unstable][pointers]") {
  Unstable u;
  const uint32_t at = static_cast<uint32_t>(u.guest.memory().size()) - 56;
  CHECK(u.guest.call("path_filestat_get", kRoot, 0, "f", at) == Errno::Success);
  CHECK_FALSE(u.guest.call("path_filestat_get", kRoot, 0, "f", at + 1).trap.empty());
  u.guest.snapshot = Snapshot::Preview1;
  CHECK_FALSE(u.guest.call("path_filestat_get", kRoot, 0, "f", at).trap.empty());
}

TEST_CASE("unstable: a clock's time is behind an identifier that means nothing", "[wasi][unstable][poll_oneoff]") {
  Unstable u;
  const uint64_t before = uv_hrtime();
  u.guest.clock(kClockMonotonic, 3 * kMillisecond, 0, 5);
  u.guest.set(kIn + 16, UINT64_MAX);
  REQUIRE(u.guest.poll() == Errno::Success);
  CHECK(uv_hrtime() - before >= 3 * kMillisecond);
  CHECK(u.guest.events.at(0).userdata == 5);
  CHECK(u.guest.events.at(0).error == Errno::Success);
}

TEST_CASE("unstable: an absolute time is told by flags at their own place", "[wasi][unstable][poll_oneoff]") {
  Unstable u;
  const uint64_t time = uv_hrtime() + 3 * kMillisecond;
  u.guest.clock(kClockMonotonic, time, 1);
  REQUIRE(u.guest.poll() == Errno::Success);
  CHECK(uv_hrtime() >= time);
  u.guest.clock(kClockMonotonic, 0, 2);
  REQUIRE(u.guest.poll() == Errno::Success);
  CHECK(u.guest.events.at(0).error == Errno::Inval);
}

TEST_CASE("unstable: subscriptions of 56 bytes stand one after the other", "[wasi][unstable][poll_oneoff]") {
  Unstable u;
  const uint32_t fd = u.guest.open("f");
  u.guest.clock(kClockMonotonic, 60'000 * kMillisecond, 0, 1);
  u.guest.read(fd, 2);
  u.guest.write(fd, 3);
  u.guest.clock(kClockRealtime, 0, 0, 4);
  u.guest.read(99, 5);
  REQUIRE(u.guest.poll() == Errno::Success);
  REQUIRE(u.guest.events.size() == 4);
  for (uint64_t i = 0; i < 4; ++i) CHECK(u.guest.events[i].userdata == 2 + i);
  CHECK(u.guest.events[0].nbytes == 10);
  CHECK(u.guest.events[3].error == Errno::Badf);
}

TEST_CASE("unstable: the bounds of subscriptions are those of 56 bytes", "[wasi][unstable][poll_oneoff][pointers]") {
  Unstable u;
  const uint32_t at = static_cast<uint32_t>(u.guest.memory().size()) - 48;
  GuestMemory(u.guest.memory()).clear(at, 48);
  CHECK_FALSE(u.guest.call("poll_oneoff", at, kOut, 1, kResult).trap.empty());
  u.guest.snapshot = Snapshot::Preview1;
  CHECK(u.guest.call("poll_oneoff", at, kOut, 1, kResult) == Errno::Success);
}

TEST_CASE("unstable: opening, reading, listing and naming are preview 1's", "[wasi][unstable]") {
  Unstable u;
  CHECK(u.guest.read_all(u.guest.open("l")) == "0123456789");
  CHECK(u.guest.call("path_create_directory", kRoot, "new/") == Errno::Success);
  CHECK(u.guest.call("path_rename", kRoot, "new", kRoot, "newer") == Errno::Success);
  CHECK(u.guest.call("path_remove_directory", kRoot, "newer") == Errno::Success);
  CHECK(u.guest.path_open(kRoot, "../canary") == Errno::Perm);
  CHECK(u.guest.call("path_readlink", kRoot, "l", kBuffer, 10, kResult) == Errno::Success);
  CHECK(u.guest.call("fd_readdir", kRoot, kBuffer, 1000, 0, kResult) == Errno::Success);
  // ".", "..", "d", "f" and "l", each behind 24 bytes.
  CHECK(u.guest.get<uint32_t>(kResult) == 5 * kDirentSize + 6);
  REQUIRE(u.guest.call("fd_prestat_get", kRoot, kResult) == Errno::Success);
  CHECK(u.guest.get<uint32_t>(kResult + 4) == 1);
}

TEST_CASE("unstable: clocks, random bytes and the end are preview 1's", "[wasi][unstable]") {
  Unstable u;
  CHECK(u.guest.call("clock_time_get", kClockMonotonic, 0, kResult) == Errno::Success);
  CHECK(u.guest.call("random_get", kBuffer, 16) == Errno::Success);
  CHECK(u.guest.call("proc_exit", 3).exit_code == 3);
  CHECK(u.guest.call("proc_raise", 9) == Errno::Notsup);
}

}  // namespace wasmrun::wasi
