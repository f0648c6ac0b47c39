// The second layer: what the kernel refuses when the functions of ours do not stand before it.
#include "tests/wasi/restricted.h"

#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>

namespace wasmrun::wasi {

namespace {

/// What open(2) answers: 0 or an errno. A file that it made is left.
int try_open(const std::string& path, int flags) {
  const int fd = ::open(path.c_str(), flags | O_CLOEXEC | O_NONBLOCK, 0666);
  if (fd < 0) return errno;
  ::close(fd);
  return 0;
}

/// The same for a call that returns -1 and sets errno.
int errno_of(int result) {
  return result == 0 ? 0 : errno;
}

struct TwoTrees {
  TwoTrees() {
    tree.mkdir("root/d/e");
    tree.mkdir("ro/d");
    tree.write("root/f", "text");
    tree.write("ro/f", "text");
  }
  WasiOptions options() const {
    WasiOptions result;
    result.preopens = {{tree.root(), "/rw", false}, {tree.path("ro"), "/ro", true}};
    return result;
  }
  TempTree tree;
};

}  // namespace

TEST_CASE("under Landlock the thread itself cannot leave the preopens", "[wasi][landlock]") {
  SKIP_WITHOUT_LANDLOCK();
  TwoTrees trees;
  const TempTree& tree = trees.tree;
  Guest guest(trees.options());
  restricted(guest, [&] {
    for (const char* path : {"/", "/etc", "/etc/passwd", "/tmp", "/dev/zero", "/proc/self/mem", "/proc/self/maps"}) {
      INFO(path);
      CHECK(try_open(path, O_RDONLY) == EACCES);
    }
    CHECK(try_open(tree.path("canary"), O_RDONLY) == EACCES);
    CHECK(try_open(tree.path("canary"), O_WRONLY) == EACCES);
    CHECK(try_open(tree.path("new"), O_WRONLY | O_CREAT) == EACCES);
    CHECK(errno_of(::mkdir(tree.path("new").c_str(), 0777)) == EACCES);
    CHECK(errno_of(::unlink(tree.path("canary").c_str())) == EACCES);
    CHECK(errno_of(::symlink("x", tree.path("new").c_str())) == EACCES);
    CHECK(errno_of(::rename(tree.path("canary").c_str(), tree.path("moved").c_str())) == EACCES);
    CHECK(errno_of(::rename(tree.path("canary").c_str(), tree.path("root/mine").c_str())) != 0);
    CHECK(errno_of(::rename(tree.path("root/f").c_str(), tree.path("f").c_str())) != 0);
    CHECK(errno_of(::link(tree.path("canary").c_str(), tree.path("root/mine").c_str())) != 0);
    if (landlock_version() >= 3) CHECK(errno_of(::truncate(tree.path("canary").c_str(), 0)) == EACCES);
  });
  CHECK_FALSE(tree.exists("new"));
  CHECK_FALSE(tree.exists("root/mine"));
  CHECK(tree.read("root/f") == "text");
}

TEST_CASE("under Landlock a read-only preopen is read-only for the thread itself", "[wasi][landlock][read_only]") {
  SKIP_WITHOUT_LANDLOCK();
  TwoTrees trees;
  const TempTree& tree = trees.tree;
  Guest guest(trees.options());
  restricted(guest, [&] {
    CHECK(try_open(tree.path("ro/f"), O_RDONLY) == 0);
    CHECK(try_open(tree.path("ro"), O_RDONLY | O_DIRECTORY) == 0);
    CHECK(try_open(tree.path("ro/f"), O_WRONLY) == EACCES);
    CHECK(try_open(tree.path("ro/new"), O_WRONLY | O_CREAT) == EACCES);
    CHECK(errno_of(::mkdir(tree.path("ro/new").c_str(), 0777)) == EACCES);
    CHECK(errno_of(::rmdir(tree.path("ro/d").c_str())) == EACCES);
    CHECK(errno_of(::unlink(tree.path("ro/f").c_str())) == EACCES);
    CHECK(errno_of(::rename(tree.path("ro/f").c_str(), tree.path("ro/g").c_str())) == EACCES);
    CHECK(errno_of(::rename(tree.path("ro/f").c_str(), tree.path("root/g").c_str())) != 0);
    CHECK(errno_of(::link(tree.path("ro/f").c_str(), tree.path("root/g").c_str())) != 0);
    if (landlock_version() >= 3) CHECK(errno_of(::truncate(tree.path("ro/f").c_str(), 0)) == EACCES);
  });
  CHECK(tree.read("ro/f") == "text");
  CHECK_FALSE(tree.exists("root/g"));
}

TEST_CASE("under Landlock nothing is executed and no device is made", "[wasi][landlock]") {
  SKIP_WITHOUT_LANDLOCK();
  TempTree tree;
  Guest guest(tree);
  std::filesystem::copy_file("/bin/true", tree.path("root/true"));
  restricted(guest, [&] {
    const int fd = ::open(tree.path("root/true").c_str(), O_RDONLY | O_CLOEXEC);
    REQUIRE(fd >= 0);
    char* words[] = {const_cast<char*>("true"), nullptr};
    CHECK(errno_of(::fexecve(fd, words, words + 1)) == EACCES);
    ::close(fd);
    const int made = errno_of(::mknod(tree.path("root/disk").c_str(), S_IFBLK | 0600, 0));
    CHECK((made == EACCES || made == EPERM));  // EPERM: only root may anyway
  });
}

TEST_CASE("under every version of Landlock files are moved between directories and preopens", "[wasi][landlock]") {
  SKIP_WITHOUT_LANDLOCK();
  const int version = GENERATE(range(2, 8));
  if (version > landlock_version()) return;
  TempTree tree;
  tree.mkdir("second/d");
  tree.mkdir("root/d/e");
  tree.write("root/f", "text");
  REQUIRE(::mkfifo(tree.path("root/fifo").c_str(), 0666) == 0);
  WasiOptions options = Guest::options_for(tree);
  options.preopens.push_back({tree.path("second"), "/second", false});
  Guest guest(std::move(options), on_both_resolvers());
  restricted(
      guest,
      [&] {
        CHECK(guest.call("path_rename", kRoot, "f", kRoot, "d/f") == Errno::Success);
        CHECK(guest.call("path_link", kRoot, 0, "d/f", kRoot, "d/e/f") == Errno::Success);
        CHECK(guest.call("path_rename", kRoot, "d/f", 4, "d/f") == Errno::Success);
        CHECK(guest.call("path_rename", kRoot, "d/e", 4, "e") == Errno::Success);
        CHECK(guest.call("path_rename", kRoot, "fifo", 4, "d/fifo") == Errno::Success);
        CHECK(guest.call("path_symlink", "d/f", 4, "link") == Errno::Success);
        CHECK(guest.call("path_rename", 4, "link", kRoot, "link") == Errno::Success);
        CHECK(guest.call("path_create_directory", kRoot, "new") == Errno::Success);
        CHECK(guest.call("path_rename", kRoot, "new", 4, "new") == Errno::Success);
        CHECK(guest.call("path_remove_directory", 4, "new") == Errno::Success);
        CHECK(guest.read_all(guest.open("d/f", {}, 4)) == "text");
        CHECK(guest.path_open(4, "d/f", {.oflags = oflags::kTrunc, .rights = kReadWrite}) == Errno::Success);
        CHECK(guest.call("path_unlink_file", 4, "d/f") == Errno::Success);
      },
      version);
  CHECK(tree.read("second/e/f") == "");
}

TEST_CASE("the first version of Landlock, which forbids such moves, is not used", "[wasi][landlock]") {
  TempTree tree;
  Guest guest(tree);
  CHECK(restrict_to_preopens(guest.state(), 1) != "");
  CHECK(restrict_to_preopens(guest.state(), 0) != "");
  CHECK(try_open(tree.path("canary"), O_RDONLY) == 0);
}

TEST_CASE("under Landlock a standard stream that is closed is still closed for others", "[wasi][landlock][fd_close]") {
  SKIP_WITHOUT_LANDLOCK();
  int ends[2];
  REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
  const int saved = ::dup(1);
  ::dup2(ends[1], 1);
  ::close(ends[1]);
  bool closed = false;
  {
    TempTree tree;
    Guest guest(tree);
    restricted(guest, [&] { closed = guest.call("fd_close", 1) == Errno::Success; });
  }
  char byte;
  const ssize_t count = ::read(ends[0], &byte, 1);
  ::dup2(saved, 1);
  ::close(saved);
  ::close(ends[0]);
  CHECK(closed);
  CHECK(count == 0);
}

TEST_CASE("under Landlock a terminal below a preopen is a terminal", "[wasi][landlock]") {
  SKIP_WITHOUT_LANDLOCK();
  const int master = ::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  REQUIRE(master >= 0);
  REQUIRE(::grantpt(master) == 0);
  REQUIRE(::unlockpt(master) == 0);
  const std::string name = ::ptsname(master);
  WasiOptions options;
  options.preopens.push_back({"/dev/pts", "/", false});
  Guest guest(std::move(options), on_both_resolvers());
  restricted(guest, [&] {
    const uint32_t fd = guest.open(name.substr(name.rfind('/') + 1), {.rights = kReadWrite});
    REQUIRE(guest.call("fd_fdstat_get", fd, kResult) == Errno::Success);
    CHECK((guest.get<uint64_t>(kResult + 8) & rights::kFdSeek) == 0);
    REQUIRE(guest.write(fd, "hello") == Errno::Success);
  });
  char text[16];
  CHECK(::read(master, text, sizeof(text)) == 5);
  ::close(master);
}

TEST_CASE("under Landlock names are looked up when the options grant any", "[wasi][landlock][net]") {
  SKIP_WITHOUT_LANDLOCK();
  WasiOptions options;
  options.allow_resolve = {"*"};
  Guest guest(std::move(options));
  restricted(guest, [&] {
    CHECK(try_open("/etc/hosts", O_RDONLY) == 0);
    CHECK(try_open("/etc/hosts", O_WRONLY) == EACCES);
    CHECK(try_open("/root", O_RDONLY) == EACCES);
    CHECK(try_open("/tmp", O_RDONLY) == EACCES);
    addrinfo hints{};
    hints.ai_family = AF_INET;
    hints.ai_socktype = SOCK_STREAM;
    Call call{guest.state(), guest.state().first_thread, guest, GuestMemory(guest.memory()), Snapshot::Preview1};
    std::vector<FoundAddress> found;
    CHECK(guest.state().net.look_up(call, "localhost", "http", hints, &found) == Errno::Success);
    CHECK(found.size() >= 1);
  });
}

TEST_CASE("without a preopen Landlock leaves no file", "[wasi][landlock]") {
  SKIP_WITHOUT_LANDLOCK();
  Guest guest(WasiOptions{});
  restricted(guest, [&] {
    CHECK(try_open("/etc/hosts", O_RDONLY) == EACCES);
    CHECK(try_open(".", O_RDONLY) == EACCES);
    CHECK(guest.call("fd_prestat_get", 3, kResult) == Errno::Badf);
  });
}

}  // namespace wasmrun::wasi
