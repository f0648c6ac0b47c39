// Attacks by descriptors: numbers that mean nothing, moving them about, using all of them up. Numbers are those of docs/sandbox.md.
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "tests/wasi/child.h"

namespace wasmrun::wasi {

namespace {

size_t host_descriptors() {
  size_t count = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) ++count;
  return count;
}

/// Lowers the process's limit of descriptors while it lives.
class FewDescriptors {
 public:
  explicit FewDescriptors(rlim_t limit) {
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &before_) == 0);
    rlimit lower = before_;
    lower.rlim_cur = limit;
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &lower) == 0);
  }
  ~FewDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }

 private:
  rlimit before_;
};

/// The functions whose first parameter is a descriptor, with arguments that do no harm where the descriptor is none.
const std::vector<std::pair<const char*, std::vector<uint64_t>>> kCalls = {
    {"fd_prestat_get", {0, kResult}},
    {"fd_prestat_dir_name", {0, kBuffer, 100}},
    {"fd_fdstat_get", {0, kResult}},
    {"fd_filestat_get", {0, kResult}},
    {"fd_fdstat_set_flags", {0, 0}},
    {"fd_fdstat_set_rights", {0, 0, 0}},
    {"fd_read", {0, 0x200, 1, kResult}},
    {"fd_pread", {0, 0x200, 1, 0, kResult}},
    {"fd_write", {0, 0x200, 1, kResult}},
    {"fd_pwrite", {0, 0x200, 1, 0, kResult}},
    {"fd_seek", {0, 0, 0, kResult}},
    {"fd_tell", {0, kResult}},
    {"fd_sync", {0}},
    {"fd_datasync", {0}},
    {"fd_advise", {0, 0, 0, 0}},
    {"fd_allocate", {0, 0, 1}},
    {"fd_filestat_set_size", {0, 0}},
    {"fd_filestat_set_times", {0, 0, 0, 0}},
    {"fd_readdir", {0, kBuffer, 100, 0, kResult}},
    {"path_create_directory", {0, kBuffer, 1}},
    {"path_filestat_get", {0, 0, kBuffer, 1, kResult}},
    {"path_filestat_set_times", {0, 0, kBuffer, 1, 0, 0, 0}},
    {"path_link", {0, 0, kBuffer, 1, 3, kBuffer, 1}},
    {"path_open", {0, 0, kBuffer, 1, 0, 0, 0, 0, kResult}},
    {"path_readlink", {0, kBuffer, 1, kBuffer, 1, kResult}},
    {"path_remove_directory", {0, kBuffer, 1}},
    {"path_rename", {0, kBuffer, 1, 3, kBuffer, 1}},
    {"path_unlink_file", {0, kBuffer, 1}},
    {"sock_accept", {0, 0, kResult}},
    {"sock_recv", {0, 0x200, 1, 0, kResult, kResult2}},
    {"sock_send", {0, 0x200, 1, 0, kResult}},
    {"sock_shutdown", {0, 1}},
    {"fd_close", {0}},
};

}  // namespace

TEST_CASE("no call works on a number that is not open, up to the last one", "[wasi][sandbox][fd][attack][attack33]") {
  TempTree tree;
  Guest guest(tree);
  guest.put(kBuffer, "x");
  guest.iovec_at(0x200, kBuffer + 16, 1);
  std::vector<uint64_t> numbers{0x7fffffff, 0x80000000, 0x80000003, 0xfffffffe, 0xffffffff, 0x10003, 0x1000003};
  for (uint64_t fd = 4; fd < 0x10000; ++fd) numbers.push_back(fd);
  for (auto [name, arguments] : kCalls) {
    uint64_t wrong = 0;
    for (const uint64_t fd : numbers) {
      arguments[0] = fd;
      if (!(guest.call_raw(name, arguments) == Errno::Badf)) ++wrong;
    }
    INFO(name);
    CHECK(wrong == 0);
  }
  for (const uint32_t fd : {0u, 1u, 2u}) CHECK(guest.call("fd_prestat_get", fd, kResult) == Errno::Badf);
  CHECK(guest.call("fd_prestat_get", kRoot, kResult) == Errno::Success);
}

TEST_CASE("fd_renumber of every pair of numbers moves or is Badf", "[wasi][sandbox][fd_renumber][attack][attack33]") {
  // In a child: standard streams are renumbered too.
  const std::string problem = in_child([]() -> std::string {
    TempTree tree;
    tree.write("root/f", "text");
    const std::vector<uint32_t> numbers{0, 1, 2, 3, 4, 5, 6, 63, 0x7fffffff, 0xffffffff};
    for (const uint32_t from : numbers) {
      for (const uint32_t to : numbers) {
        const size_t before = host_descriptors();
        {
          Guest guest(tree);
          guest.path_open(kRoot, "f");
          guest.path_open(kRoot, "f");
          guest.call("fd_close", 4);  // 4 is closed, 5 is open
          const bool works = (from <= 3 || from == 5) && (to <= 3 || to == 5);
          const Reply reply = guest.call("fd_renumber", from, to);
          EXPECT(reply == (works ? Errno::Success : Errno::Badf));
          const bool stays = !works || from == to;
          EXPECT(guest.call("fd_fdstat_get", from, kResult) == (stays && (from <= 3 || from == 5) ? Errno::Success : Errno::Badf));
          // A preopen stays one under another number, and is none where something took its place.
          const bool is_preopen_at_3 = stays || (from != 3 && to != 3);
          EXPECT(guest.call("fd_prestat_get", 3, kResult) == (is_preopen_at_3 ? Errno::Success : Errno::Badf));
          if (works && from == 3) EXPECT(guest.call("fd_prestat_get", to, kResult) == Errno::Success);
        }
        EXPECT(host_descriptors() == before);
      }
    }
    return {};
  });
  CHECK(problem == "");
}

TEST_CASE("a directory moved onto a standard stream is a directory, and no message of ours goes there", "[wasi][sandbox][fd_renumber][attack][attack33]") {
  const std::string problem = in_child([]() -> std::string {
    TempTree tree;
    Guest guest(tree);
    tree.write("root/f", "");
    const uint32_t file = guest.open("f", {.rights = kReadWrite});
    EXPECT(guest.call("fd_renumber", file, 2) == Errno::Success);
    EXPECT(guest.call("fd_renumber", kRoot, 1) == Errno::Success);
    EXPECT(guest.path_open(1, "f") == Errno::Success);
    EXPECT(guest.path_open(1, "..") == Errno::Perm);
    EXPECT(guest.write(1, "x") == Errno::Isdir || guest.write(1, "x") == Errno::Badf);
    // What the process writes to its descriptors 1 and 2 is not the guest's.
    EXPECT(::write(1, "host", 4) == 4);
    EXPECT(::write(2, "host", 4) == 4);
    EXPECT(guest.write(2, "guest") == Errno::Success);
    EXPECT(tree.read("root/f") == "guest");
    return {};
  });
  CHECK(problem == "");
}

TEST_CASE("a hundred thousand descriptors renumbered, opened and closed leave none behind", "[wasi][sandbox][fd_renumber][attack]") {
  TempTree tree;
  tree.write("root/f", "x");
  Guest guest(tree);
  const uint32_t target = guest.open("f");
  const size_t before = host_descriptors(), table = guest.state().fds.size();
  for (int i = 0; i < 100'000; ++i) {
    const uint32_t fd = guest.open("f");
    if (i % 2) {
      REQUIRE(guest.call("fd_renumber", fd, target) == Errno::Success);
    } else {
      REQUIRE(guest.call("fd_close", fd) == Errno::Success);
    }
  }
  CHECK(host_descriptors() == before);
  CHECK(guest.state().fds.size() <= table + 1);
}

TEST_CASE("a full table is Mfile and works again after a close", "[wasi][sandbox][attack][attack37]") {
  TempTree tree;
  tree.write("root/f", "x");
  WasiOptions options = Guest::options_for(tree);
  options.max_fds = 20;
  Guest guest(std::move(options), on_both_resolvers());
  const size_t before = host_descriptors();
  uint32_t opened = 0;
  while (guest.path_open(kRoot, "f") == Errno::Success) ++opened;
  CHECK(opened == 16);
  for (int i = 0; i < 1000; ++i) REQUIRE(guest.path_open(kRoot, "f") == Errno::Mfile);
  CHECK(host_descriptors() == before + opened);
  CHECK(guest.path_open(kRoot, "new", {.oflags = oflags::kCreat, .rights = kReadWrite}) == Errno::Mfile);
  CHECK(guest.path_open(kRoot, "f", {.oflags = oflags::kTrunc, .rights = kReadWrite}) == Errno::Mfile);
  CHECK_FALSE(tree.exists("root/new"));
  CHECK(tree.read("root/f") == "x");
  CHECK(guest.call("fd_close", 10) == Errno::Success);
  CHECK(guest.open("f") == 10);
}

TEST_CASE("a connection that finds the table full waits until there is a place", "[wasi][sandbox][sock_accept][attack][attack37][attack44]") {
  WasiOptions options;
  options.tcp_listeners = {"127.0.0.1:0"};
  options.max_fds = 5;
  Guest guest(std::move(options));
  const std::string address = guest.wasi().listener_addresses().at(0);
  sockaddr_in target{};
  target.sin_family = AF_INET;
  target.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  target.sin_port = htons(static_cast<uint16_t>(std::stoi(address.substr(address.rfind(':') + 1))));
  std::vector<OwnedFd> clients;
  for (int i = 0; i < 2; ++i) {
    clients.emplace_back(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    REQUIRE(::connect(clients.back().get(), reinterpret_cast<const sockaddr*>(&target), sizeof(target)) == 0);
  }
  REQUIRE(guest.call("sock_accept", 3, 0, kResult) == Errno::Success);
  const auto first = guest.get<uint32_t>(kResult);
  CHECK(guest.call("sock_accept", 3, 0, kResult) == Errno::Mfile);
  CHECK(guest.call("sock_accept", 3, 0, kResult) == Errno::Mfile);
  REQUIRE(guest.call("fd_close", first) == Errno::Success);
  REQUIRE(guest.call("sock_accept", 3, 0, kResult) == Errno::Success);
  REQUIRE(::send(clients[1].get(), "hello", 5, 0) == 5);
  CHECK(guest.read_all(guest.get<uint32_t>(kResult)) == "hello");
}

TEST_CASE("when the host has no descriptor left, calls fail and work again later", "[wasi][sandbox][attack][attack37]") {
  TempTree tree;
  tree.mkdir("root/a/b");
  tree.write("root/f", "x");
  tree.write("root/a/b/f", "x");
  Guest guest(tree, on_both_resolvers());
  std::vector<uint32_t> opened;
  {
    const FewDescriptors limit(64);
    while (guest.path_open(kRoot, "f") == Errno::Success) opened.push_back(guest.get<uint32_t>(kResult));
    CHECK(opened.size() < 64);
    CHECK(guest.path_open(kRoot, "f") == Errno::Mfile);
    CHECK(guest.path_open(kRoot, "a/b/../b/f") == Errno::Mfile);
    CHECK(guest.path_open(kRoot, "../canary") != Errno::Success);
    CHECK(guest.call("path_create_directory", kRoot, "a/b/new") == Errno::Mfile);
    CHECK(guest.call("path_filestat_get", kRoot, 1, "a/b/f", kResult) == Errno::Mfile);
    CHECK(guest.call("path_rename", kRoot, "a/b/f", kRoot, "a/g") == Errno::Mfile);
    CHECK(guest.call("fd_readdir", kRoot, kBuffer, 100, 0, kResult) == Errno::Mfile);
    CHECK(guest.call("path_filestat_get", kRoot, 0, "f", kResult) == Errno::Success);  // needs none
    for (int i = 0; i < 3; ++i) {
      REQUIRE(guest.call("fd_close", opened.back()) == Errno::Success);
      opened.pop_back();
    }
    CHECK(guest.path_open(kRoot, "a/b/../b/f") == Errno::Success);
  }
  CHECK(guest.call("fd_readdir", kRoot, kBuffer, 100, 0, kResult) == Errno::Success);
  CHECK(guest.call("path_create_directory", kRoot, "a/b/new") == Errno::Success);
}

TEST_CASE("files of devices are what they are, and a terminal does not become the process's own", "[wasi][sandbox][path_open][attack][attack32]") {
  WasiOptions options;
  options.preopens.push_back({"/dev", "/", false});
  Guest guest(std::move(options), on_both_resolvers());
  const uint32_t zero = guest.open("zero", {.rights = kReadWrite});
  CHECK(guest.read_all(zero) == std::string(4096, '\0'));
  CHECK(guest.write(zero, "x") == Errno::Success);
  CHECK(guest.write(guest.open("full", {.rights = kReadWrite}), "x") == Errno::Nospc);
  CHECK(guest.call("fd_filestat_set_size", zero, 0) == Errno::Inval);
  const Resolver::Kind kind = guest.state().resolver->kind();
  const std::string problem = in_child([kind]() -> std::string {
    // Without a terminal of its own a process gets the first one that it opens, unless it says otherwise.
    EXPECT(::setsid() > 0);
    const int master = ::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    EXPECT(master >= 0 && ::grantpt(master) == 0 && ::unlockpt(master) == 0);
    const std::string name = ::ptsname(master);
    WasiOptions given;
    given.preopens.push_back({"/dev/pts", "/", false});
    Guest inner(std::move(given), kind);
    EXPECT(inner.path_open(kRoot, name.substr(name.rfind('/') + 1), {.rights = kReadWrite}) == Errno::Success);
    const int own = ::open("/dev/tty", O_RDWR | O_CLOEXEC);
    EXPECT(own < 0 && errno == ENXIO);
    return {};
  });
  CHECK(problem == "");
}

TEST_CASE("a block device in the tree is told as one and opens nothing", "[wasi][sandbox][path_open][attack][attack32]") {
  TempTree tree;
  // No driver has this number.
  if (::mknod(tree.path("root/disk").c_str(), S_IFBLK | 0600, 0) != 0) {
    std::printf("SKIPPED: only root makes devices\n");
    std::fflush(stdout);
    SUCCEED("only root makes devices");
    return;
  }
  Guest guest(tree, on_both_resolvers());
  REQUIRE(guest.call("path_filestat_get", kRoot, 0, "disk", kResult) == Errno::Success);
  CHECK(guest.stat_type(kResult) == FileType::BlockDevice);
  const Reply reply = guest.path_open(kRoot, "disk", {.rights = kReadWrite});
  CHECK((reply == Errno::Nxio || reply == Errno::Nodev || reply == Errno::Acces || reply == Errno::Perm));
  CHECK(guest.call("path_unlink_file", kRoot, "disk") == Errno::Success);
}

}  // namespace wasmrun::wasi
