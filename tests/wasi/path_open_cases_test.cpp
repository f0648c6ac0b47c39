// path_open, case by case: kinds of files, combinations of flags, links at the end, permissions.
#include <sys/socket.h>
#include <sys/un.h>

#include <atomic>
#include <csignal>
#include <thread>

#include "tests/wasi/behaviour.h"

namespace wasmrun::wasi {

namespace {
struct Tree : TempTree {
  Tree() {
    write("root/f", "text");
    mkdir("root/d/e");
  }
};
constexpr uint32_t kCreatExcl = oflags::kCreat | oflags::kExcl;
}  // namespace

TEST_CASE("CREAT opens a file that is there as it is", "[wasi][path_open]") {
  Tree tree;
  Guest guest(tree, on_both_resolvers());
  CHECK(guest.read_all(guest.open("f", {.oflags = oflags::kCreat})) == "text");
}

TEST_CASE("CREAT with TRUNC empties a file that is there", "[wasi][path_open]") {
  Tree tree;
  Guest guest(tree, on_both_resolvers());
  guest.open("f", {.oflags = oflags::kCreat | oflags::kTrunc, .rights = kReadWrite});
  CHECK(tree.read("root/f").empty());
}

TEST_CASE("CREAT for reading makes an empty file", "[wasi][path_open]") {
  Tree tree;
  Guest guest(tree, on_both_resolvers());
  CHECK(guest.read_all(guest.open("new", {.oflags = oflags::kCreat})).empty());
  CHECK(tree.exists("root/new"));
}

TEST_CASE("CREAT on a directory is Isdir", "[wasi][path_open]") {
  Tree tree;
  Guest guest(tree, on_both_resolvers());
  CHECK(guest.path_open(kRoot, "d", {.oflags = oflags::kCreat}) == Errno::Isdir);
  CHECK(guest.path_open(kRoot, ".", {.oflags = oflags::kCreat}) == Errno::Isdir);
  CHECK(guest.path_open(kRoot, "d/..", {.oflags = oflags::kCreat}) == Errno::Isdir);
}

TEST_CASE("CREAT on a directory of a read-only tree is Isdir", "[wasi][path_open][read_only]") {
  Tree tree;
  Guest guest(tree, on_both_resolvers(), true);
  CHECK(guest.path_open(kRoot, "d", {.oflags = oflags::kCreat}) == Errno::Isdir);
}

TEST_CASE("CREAT in a read-only tree is Noent without the directory, else Perm", "[wasi][path_open][read_only]") {
  Tree tree;
  Guest guest(tree, on_both_resolvers(), true);
  const Guest::OpenOptions create{.oflags = oflags::kCreat, .rights = kReadWrite};
  CHECK(guest.path_open(kRoot, "no/new", create) == Errno::Noent);
  CHECK(guest.path_open(kRoot, "f/new", create) == Errno::Notdir);
  CHECK(guest.path_open(kRoot, "d/new", create) == Errno::Perm);
  CHECK(guest.path_open(kRoot, "new", create) == Errno::Perm);
}

TEST_CASE("CREAT with EXCL refuses files, directories and links alike", "[wasi][path_open]") {
  Tree tree;
  tree.symlink("none", "root/dangling");
  tree.symlink("f", "root/l");
  Guest guest(tree, on_both_resolvers());
  for (const char* path : {"f", "d", "dangling", "l"}) {
    INFO(path);
    CHECK(guest.path_open(kRoot, path, {.oflags = kCreatExcl, .rights = kReadWrite}) == Errno::Exist);
    CHECK(guest.path_open(kRoot, path, {.oflags = kCreatExcl, .rights = kReadWrite, .follow = false}) == Errno::Exist);
  }
  CHECK_FALSE(tree.exists("root/none"));
}

TEST_CASE("EXCL without CREAT means nothing", "[wasi][path_open]") {
  Tree tree;
  Guest guest(tree, on_both_resolvers());
  CHECK(guest.path_open(kRoot, "f", {.oflags = oflags::kExcl}) == Errno::Success);
  CHECK(guest.path_open(kRoot, "none", {.oflags = oflags::kExcl}) == Errno::Noent);
}

TEST_CASE("CREAT through a dangling link makes what it names", "[wasi][path_open]") {
  Tree tree;
  tree.symlink("d/new", "root/l");
  Guest guest(tree, on_both_resolvers());
  CHECK(guest.path_open(kRoot, "l", {.oflags = oflags::kCreat, .rights = kReadWrite}) == Errno::Success);
  CHECK(tree.exists("root/d/new"));
}

TEST_CASE("CREAT does not follow a dangling link unless asked to", "[wasi][path_open]") {
  Tree tree;
  tree.symlink("new", "root/l");
  Guest guest(tree, on_both_resolvers());
  CHECK(guest.path_open(kRoot, "l", {.oflags = oflags::kCreat, .rights = kReadWrite, .follow = false}) == Errno::Loop);
  CHECK_FALSE(tree.exists("root/new"));
}

TEST_CASE("a dangling link cannot be opened", "[wasi][path_open]") {
  Tree tree;
  tree.symlink("none", "root/l");
  Guest guest(tree, on_both_resolvers());
  CHECK(guest.path_open(kRoot, "l") == Errno::Noent);
  CHECK(guest.path_open(kRoot, "l", {.follow = false}) == Errno::Loop);
  CHECK(guest.path_open(kRoot, "l/x") == Errno::Noent);
}

TEST_CASE("links in the middle are followed whatever is asked", "[wasi][path_open]") {
  Tree tree;
  tree.write("root/d/e/g", "deep");
  tree.symlink("d", "root/l");
  tree.symlink("e", "root/d/m");
  Guest guest(tree, on_both_resolvers());
  CHECK(guest.read_all(guest.open("l/m/g", {.follow = false})) == "deep");
}

TEST_CASE("a link to a link is followed to the end", "[wasi][path_open]") {
  Tree tree;
  tree.symlink("l2", "root/l1");
  tree.symlink("d/../l3", "root/l2");
  tree.symlink("./f", "root/l3");
  Guest guest(tree, on_both_resolvers());
  CHECK(guest.read_all(guest.open("l1")) == "text");
}

TEST_CASE("a file in the middle of a path is Notdir", "[wasi][path_open]") {
  Tree tree;
  tree.symlink("f", "root/l");
  Guest guest(tree, on_both_resolvers());
  for (const char* path : {"f/x", "f/.", "f/..", "f/../d", "l/x", "l/."}) {
    INFO(path);
    CHECK(guest.path_open(kRoot, path) == Errno::Notdir);
  }
}

TEST_CASE("a missing directory in the middle of a path is Noent", "[wasi][path_open]") {
  Tree tree;
  Guest guest(tree, on_both_resolvers());
  for (const char* path : {"no/x", "no/..", "no/.", "no/../f", "d/no/x"}) {
    INFO(path);
    CHECK(guest.path_open(kRoot, path) == Errno::Noent);
  }
}

TEST_CASE("repeated slashes and dots mean nothing", "[wasi][path_open]") {
  Tree tree;
  Guest guest(tree, on_both_resolvers());
  for (const char* path : {"./f", ".//f", "d//..//f", "d/./e/.././../f", "./././f"}) {
    INFO(path);
    CHECK(guest.read_all(guest.open(path)) == "text");
  }
}

TEST_CASE("TRUNC on a directory is Isdir", "[wasi][path_open]") {
  Tree tree;
  Guest guest(tree, on_both_resolvers());
  CHECK(guest.path_open(kRoot, "d", {.oflags = oflags::kTrunc, .rights = kReadWrite}) == Errno::Isdir);
  CHECK(guest.path_open(kRoot, "d", {.oflags = oflags::kTrunc, .rights = 0}) == Errno::Isdir);
}

TEST_CASE("TRUNC follows links as asked", "[wasi][path_open]") {
  Tree tree;
  tree.symlink("f", "root/l");
  Guest guest(tree, on_both_resolvers());
  CHECK(guest.path_open(kRoot, "l", {.oflags = oflags::kTrunc, .rights = kReadWrite, .follow = false}) == Errno::Loop);
  CHECK(tree.read("root/f") == "text");
  CHECK(guest.path_open(kRoot, "l", {.oflags = oflags::kTrunc, .rights = kReadWrite}) == Errno::Success);
  CHECK(tree.read("root/f").empty());
}

TEST_CASE("TRUNC with EXCL and CREAT leaves a file that is there", "[wasi][path_open]") {
  Tree tree;
  Guest guest(tree, on_both_resolvers());
  CHECK(guest.path_open(kRoot, "f", {.oflags = kCreatExcl | oflags::kTrunc, .rights = kReadWrite}) == Errno::Exist);
  CHECK(tree.read("root/f") == "text");
}

TEST_CASE("a directory for allocating in is Isdir", "[wasi][path_open]") {
  Tree tree;
  Guest guest(tree, on_both_resolvers());
  CHECK(guest.path_open(kRoot, "d", {.rights = rights::kFdAllocate}) == Errno::Isdir);
  CHECK(guest.path_open(kRoot, "d", {.rights = rights::kFdRead | rights::kFdWrite}) == Errno::Isdir);
}

TEST_CASE("a directory opens with and without DIRECTORY", "[wasi][path_open]") {
  Tree tree;
  Guest guest(tree, on_both_resolvers());
  CHECK(type_of_fd(guest, guest.open("d")) == FileType::Directory);
  CHECK(type_of_fd(guest, guest.open("d", {.oflags = oflags::kDirectory})) == FileType::Directory);
}

TEST_CASE("an opened directory is a start of its own", "[wasi][path_open]") {
  Tree tree;
  tree.write("root/d/g", "inner");
  Guest guest(tree, on_both_resolvers());
  const uint32_t d = guest.open("d");
  CHECK(guest.read_all(guest.open("g", {}, d)) == "inner");
  CHECK(guest.read_all(guest.open("e/../g", {}, d)) == "inner");
  CHECK(guest.path_open(d, "../f") == Errno::Perm);
}

TEST_CASE("a socket in the tree cannot be opened", "[wasi][path_open][attack][attack32]") {
  Tree tree;
  Guest guest(tree, on_both_resolvers());
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string path = tree.path("root/s");
  REQUIRE(path.size() < sizeof(address.sun_path));
  path.copy(address.sun_path, path.size());
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  REQUIRE(::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0);
  CHECK(guest.path_open(kRoot, "s") == Errno::Nxio);
  CHECK(guest.call("path_filestat_get", kRoot, 0, "s", kResult) == Errno::Success);
  CHECK(guest.stat_type(kResult) == FileType::SocketStream);
  ::close(fd);
}

TEST_CASE("a pipe that nobody reads cannot be opened for writing without waiting", "[wasi][path_open][attack][attack32]") {
  Tree tree;
  REQUIRE(::mkfifo(tree.path("root/p").c_str(), 0666) == 0);
  Guest guest(tree, on_both_resolvers());
  CHECK(guest.path_open(kRoot, "p", {.rights = rights::kFdWrite, .fdflags = fdflags::kNonblock}) == Errno::Nxio);
}

TEST_CASE("opening a pipe waits for its other end", "[wasi][path_open][attack][attack32]") {
  Tree tree;
  REQUIRE(::mkfifo(tree.path("root/p").c_str(), 0666) == 0);
  Guest guest(tree, on_both_resolvers());
  std::jthread writer([path = tree.path("root/p")] {
    const int fd = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
    if (::write(fd, "late", 4) != 4) ::abort();
    ::close(fd);
  });
  CHECK(guest.read_all(guest.open("p")) == "late");
}

TEST_CASE("a wait for a pipe's other end ends when the guest is to be stopped", "[wasi][path_open][attack][attack32]") {
  struct sigaction action {};
  action.sa_handler = [](int) {};
  REQUIRE(::sigaction(SIGUSR1, &action, nullptr) == 0);
  Tree tree;
  REQUIRE(::mkfifo(tree.path("root/p").c_str(), 0666) == 0);
  Guest guest(tree, on_both_resolvers());
  guest.interrupted = true;
  const pthread_t opener = ::pthread_self();
  std::atomic<bool> done = false;
  std::jthread other([&] {
    while (!done) {
      ::usleep(5'000);
      ::pthread_kill(opener, SIGUSR1);
    }
  });
  CHECK(guest.path_open(kRoot, "p") == Errno::Intr);
  done = true;
}

TEST_CASE("a pipe in the tree has no position and is of unknown type", "[wasi][path_open]") {
  Tree tree;
  REQUIRE(::mkfifo(tree.path("root/p").c_str(), 0666) == 0);
  Guest guest(tree, on_both_resolvers());
  const uint32_t fd = guest.open("p", {.fdflags = fdflags::kNonblock});
  CHECK(type_of_fd(guest, fd) == FileType::Unknown);
  CHECK((rights_of_fd(guest, fd) & (rights::kFdSeek | rights::kFdTell)) == 0);
  CHECK(flags_of_fd(guest, fd) == fdflags::kNonblock);
}

TEST_CASE("all flags of a file are told as they were given", "[wasi][path_open][fd_fdstat_get]") {
  Tree tree;
  Guest guest(tree, on_both_resolvers());
  for (uint32_t flags = 0; flags <= fdflags::kAll; ++flags) {
    const uint32_t fd = guest.open("f", {.rights = kReadWrite, .fdflags = flags});
    CHECK(flags_of_fd(guest, fd) == flags);
    CHECK(guest.call("fd_close", fd) == Errno::Success);
  }
}

TEST_CASE("SYNC and DSYNC reach the kernel", "[wasi][path_open]") {
  Tree tree;
  Guest guest(tree, on_both_resolvers());
  const auto host_flags = [&](uint32_t flags) {
    const uint32_t fd = guest.open("f", {.rights = kReadWrite, .fdflags = flags});
    return ::fcntl(guest.state().fds.find(fd)->host, F_GETFL);
  };
  CHECK((host_flags(0) & O_SYNC) == 0);
  CHECK((host_flags(fdflags::kDsync) & O_SYNC) == O_DSYNC);
  CHECK((host_flags(fdflags::kSync) & O_SYNC) == O_SYNC);
}

TEST_CASE("what the guest opens is closed in programs that the host starts", "[wasi][path_open]") {
  Tree tree;
  Guest guest(tree, on_both_resolvers());
  for (const uint32_t fd : {guest.open("f"), guest.open("d")}) {
    CHECK(::fcntl(guest.state().fds.find(fd)->host, F_GETFD) == FD_CLOEXEC);
  }
}

TEST_CASE("a file of which the last name goes stays usable", "[wasi][path_open]") {
  Tree tree;
  Guest guest(tree, on_both_resolvers());
  const uint32_t fd = guest.open("f");
  REQUIRE(guest.call("path_unlink_file", kRoot, "f") == Errno::Success);
  CHECK(guest.read_all(fd) == "text");
  REQUIRE(guest.call("fd_filestat_get", fd, kResult) == Errno::Success);
  CHECK(guest.get<uint64_t>(kResult + 24) == 0);
}

TEST_CASE("a file without permission to read is Acces for users", "[wasi][path_open][permissions]") {
  Tree tree;
  std::filesystem::permissions(tree.path("root/f"), std::filesystem::perms::owner_write);
  Guest guest(tree, on_both_resolvers());
  const Errno expected = is_root() ? Errno::Success : Errno::Acces;
  CHECK(guest.path_open(kRoot, "f") == expected);
  CHECK(guest.path_open(kRoot, "f", {.rights = kReadWrite}) == expected);
  CHECK(guest.path_open(kRoot, "f", {.rights = rights::kFdWrite}) == Errno::Success);
}

TEST_CASE("a directory without permission to search is Acces for users", "[wasi][path_open][permissions]") {
  Tree tree;
  tree.write("root/d/g", "inner");
  std::filesystem::permissions(tree.path("root/d"), std::filesystem::perms::owner_read);
  {
    Guest guest(tree, on_both_resolvers());
    const Errno expected = is_root() ? Errno::Success : Errno::Acces;
    CHECK(guest.path_open(kRoot, "d/g") == expected);
    CHECK(guest.path_open(kRoot, "d/..") == expected);
    CHECK(guest.path_open(kRoot, "d/.") == expected);
    CHECK(guest.path_open(kRoot, "d/../f") == expected);
    CHECK(guest.path_open(kRoot, "d") == Errno::Success);
  }
  std::filesystem::permissions(tree.path("root/d"), std::filesystem::perms::owner_all);
}

TEST_CASE("a directory that may be searched but not listed can be gone on from", "[wasi][path_open][permissions]") {
  Tree tree;
  tree.write("root/d/g", "inner");
  std::filesystem::permissions(tree.path("root/d"), std::filesystem::perms::owner_exec);
  {
    Guest guest(tree, on_both_resolvers());
    const uint32_t d = guest.open("d", {.oflags = oflags::kDirectory, .rights = 0});
    CHECK(guest.read_all(guest.open("g", {}, d)) == "inner");
    CHECK(guest.call("path_filestat_get", d, 0, "e", kResult) == Errno::Success);
    CHECK(guest.call("fd_filestat_get", d, kResult) == Errno::Success);
    CHECK(guest.path_open(d, "..") == Errno::Perm);
    const Errno listed = is_root() ? Errno::Success : Errno::Acces;
    CHECK(guest.call("fd_readdir", d, kBuffer, 100, 0, kResult) == listed);
    CHECK(guest.path_open(kRoot, "d", {.oflags = oflags::kDirectory, .rights = kReadRights}) == listed);
  }
  std::filesystem::permissions(tree.path("root/d"), std::filesystem::perms::owner_all);
}

TEST_CASE("a directory without permission to write takes no new names from users", "[wasi][path_open][permissions]") {
  Tree tree;
  std::filesystem::permissions(tree.path("root/d"),
                               std::filesystem::perms::owner_read | std::filesystem::perms::owner_exec);
  {
    Guest guest(tree, on_both_resolvers());
    const Errno expected = is_root() ? Errno::Success : Errno::Acces;
    CHECK(guest.path_open(kRoot, "d/new", {.oflags = oflags::kCreat, .rights = kReadWrite}) == expected);
    CHECK(guest.call("path_create_directory", kRoot, "d/newdir") == expected);
    CHECK(guest.call("path_symlink", "x", kRoot, "d/link") == expected);
    CHECK(guest.call("path_remove_directory", kRoot, "d/e") == expected);
  }
  std::filesystem::permissions(tree.path("root/d"), std::filesystem::perms::owner_all);
}

}  // namespace wasmrun::wasi
