// Attacks 34 to 36: every function of both snapshots and of the sockets, with pointers and counts that are wrong in every way.
// Each call ends in a trap or an error, touches nothing outside the memory, and keeps little of the host's memory.
#include <netinet/in.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <random>

#include "tests/wasi/child.h"
#include "tests/wasi/guarded_memory.h"

namespace wasmrun::wasi {

namespace {

#if defined(__SANITIZE_ADDRESS__)
constexpr size_t kMostMemory = size_t{512} << 20;  // freed memory is kept for a while
constexpr int kRandomCalls = 500;
#else
constexpr size_t kMostMemory = size_t{16} << 20;
constexpr int kRandomCalls = 2000;
#endif

constexpr uint32_t kEnd = 0x10000;

/// The most memory that the process ever had.
size_t peak_memory() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    size_t kilobytes;
    if (word == "VmHWM:" && status >> kilobytes) return kilobytes << 10;
  }
  return 0;
}

struct NamedFunction {
  const FunctionEntry* function;
  Snapshot snapshot;
};

std::vector<NamedFunction> all_functions() {
  std::vector<NamedFunction> all;
  for (const FunctionEntry& function : functions()) {
    all.push_back({&function, Snapshot::Preview1});
    if (function.in_unstable) all.push_back({&function, Snapshot::Unstable});
  }
  for (const FunctionEntry& function : socket_functions()) all.push_back({&function, Snapshot::Preview1});
  return all;
}

/// "fd", "path", "path_len", ...
std::vector<std::string> parameter_names(const FunctionEntry& function) {
  std::vector<std::string> names;
  std::istringstream words{std::string(function.parameters)};
  for (std::string type, name; words >> type >> name;) {
    if (name.back() == ',') name.pop_back();
    names.push_back(name);
  }
  return names;
}

/// What makes a call work, or nearly so.
uint64_t ordinary(const std::string& name, size_t position) {
  if (name == "fd" || name == "old_fd" || name == "new_fd" || name == "from" || name == "to") return 3;
  if (name.ends_with("_len") || name == "nsubscriptions") return 1;
  if (name.ends_with("flags") || name == "whence" || name == "advice" || name == "family" || name == "type" || name == "level") return 0;
  if (name == "offset" || name == "len" || name == "size" || name == "cookie" || name.ends_with("tim") || name == "precision") return 0;
  return 0x1000 + 0x200 * position;
}

const std::vector<uint64_t> kWrong = {0,         1,          3,          7,          8,          0x1000,     kEnd - 32,  kEnd - 9,   kEnd - 8,   kEnd - 7,
                                      kEnd - 6,  kEnd - 5,   kEnd - 4,   kEnd - 3,   kEnd - 2,   kEnd - 1,   kEnd,       kEnd + 1,   0x05555556, 0x04924925,
                                      0x10000000, 0x1fffffff, 0x20000000, 0x20000001, 0x3fffffff, 0x7fffffff, 0x80000000, 0xfffffff0, 0xfffffff8, 0xfffffffc,
                                      0xfffffffd, 0xfffffffe, 0xffffffff, 0x100000000, 0x7fffffffffffffff, 0x8000000000000000, 0xffffffffffffffff};

/// A guest with something of every kind open: 3 a preopen, 4 a file, 5 a directory, 6 a socket, 7 a listener, 8 and 9 a pipe.
class FullGuest : public Guest {
 public:
  FullGuest(const TempTree& tree, const GuardedMemory& memory, Resolver::Kind kind) : Guest(options(tree), kind) {
    use_memory(memory.bytes());
    path_open(kRoot, "f", {.oflags = oflags::kCreat, .rights = kReadWrite});
    path_open(kRoot, "d", {.oflags = oflags::kDirectory});
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0) {
      add(ends[0], FileType::SocketStream);
      other_.reset(ends[1]);
    }
    const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ::listen(listener, 1);
    add(listener, FileType::SocketStream);
    if (::pipe2(ends, O_CLOEXEC | O_NONBLOCK) == 0) {
      add(ends[0], FileType::Unknown);
      add(ends[1], FileType::Unknown);
    }
    // Waits end with the next tick of the timer.
    interrupted = true;
  }

 private:
  static WasiOptions options(const TempTree& tree) {
    WasiOptions given = options_for(tree);
    given.args = {"program", "argument"};
    given.env = {{"NAME", "value"}};
    given.allow_connect = {"127.0.0.1:9"};
    given.allow_bind = {"127.0.0.1:0"};
    given.allow_resolve = {"localhost"};
    return given;
  }
  void add(int host, FileType type) {
    Descriptor descriptor;
    descriptor.host = host;
    descriptor.type = type;
    descriptor.readable = descriptor.writable = true;
    descriptor.rights_base = rights_of(descriptor);
    uint32_t ignored;
    state().fds.insert(std::move(descriptor), &ignored);
  }
  OwnedFd other_;
};

/// For the children: a tick every few milliseconds ends waits, and no file grows large.
void begin_sweep() {
  struct sigaction action {};
  action.sa_handler = [](int) {};
  ::sigaction(SIGALRM, &action, nullptr);
  const itimerval often{{0, 2000}, {0, 2000}};
  ::setitimer(ITIMER_REAL, &often, nullptr);
  ::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{1 << 20, 1 << 20};
  ::setrlimit(RLIMIT_FSIZE, &small);
}

bool is_clean(const Reply& reply) {
  if (!reply.trap.empty()) return reply.trap.starts_with("out of bounds memory access: ");
  return reply.exited || static_cast<uint32_t>(reply.error) <= 76;
}

std::string describe(const FunctionEntry& function, const std::vector<uint64_t>& arguments, const Reply& reply) {
  std::ostringstream text;
  text << function.name;
  for (const uint64_t argument : arguments) text << ' ' << argument;
  text << ": " << reply;
  return text.str();
}

/// Bytes that are numbers which a guest might mean: small ones, pointers into the memory, wrong ones.
void scramble(std::span<uint8_t> memory, std::mt19937_64& random) {
  for (size_t at = 0; at + 4 <= memory.size(); at += 4) {
    uint32_t value = 0;
    switch (random() % 4) {
      case 0: value = static_cast<uint32_t>(random() % 16); break;
      case 1: value = static_cast<uint32_t>(random() % kEnd); break;
      case 2: value = static_cast<uint32_t>(kWrong[random() % kWrong.size()]); break;
      case 3: value = 0x2f612f66; break;  // "f/a/"
    }
    std::memcpy(memory.data() + at, &value, 4);
  }
}

}  // namespace

TEST_CASE("every parameter of every function takes every wrong pointer and count", "[wasi][sandbox][pointers][attack][attack34][attack35][attack36]") {
  TempTree tree;
  tree.mkdir("root/d");
  const GuardedMemory memory(kEnd);
  const Resolver::Kind kind = on_both_resolvers();
  const std::string problem = in_child([&]() -> std::string {
    begin_sweep();
    const size_t before = peak_memory();
    for (const auto& [function, snapshot] : all_functions()) {
      FullGuest guest(tree, memory, kind);
      guest.snapshot = snapshot;
      const std::vector<std::string> names = parameter_names(*function);
      std::vector<uint64_t> valid;
      for (size_t i = 0; i < names.size(); ++i) valid.push_back(ordinary(names[i], i));
      for (uint64_t fd = 0; fd < 10; ++fd) {
        for (size_t i = 0; i < names.size(); ++i) {
          std::vector<uint64_t> arguments = valid;
          if (names[0] == "fd") arguments[0] = fd;
          for (const uint64_t wrong : kWrong) {
            arguments[i] = wrong;
            // A count beside its pointer: the sum is what overflows.
            const bool has_count = i + 1 < names.size() && names[i + 1].ends_with("_len");
            for (const uint64_t count : has_count ? std::vector<uint64_t>{1, 8, 0x20000001, 0xffffffff} : std::vector<uint64_t>{0}) {
              if (has_count) arguments[i + 1] = count;
              const Reply reply = guest.call_raw(function->name, arguments);
              if (!is_clean(reply)) return describe(*function, arguments, reply);
            }
          }
        }
        if (names.empty() || names[0] != "fd") break;
      }
    }
    const size_t grown = peak_memory() - before;
    if (grown > kMostMemory) return "the process grew by " + std::to_string(grown) + " bytes";
    return {};
  });
  CHECK(problem == "");
}

TEST_CASE("calls with random arguments over random memory end in errors or traps", "[wasi][sandbox][pointers][attack][attack34][attack35][attack36]") {
  TempTree tree;
  tree.mkdir("root/d");
  const GuardedMemory memory(kEnd);
  const Resolver::Kind kind = on_both_resolvers();
  const std::string problem = in_child([&]() -> std::string {
    begin_sweep();
    std::mt19937_64 random(1);
    const size_t before = peak_memory();
    for (const auto& [function, snapshot] : all_functions()) {
      FullGuest guest(tree, memory, kind);
      guest.snapshot = snapshot;
      const std::vector<std::string> names = parameter_names(*function);
      for (int round = 0; round < kRandomCalls; ++round) {
        if (round % 100 == 0) scramble(memory.bytes(), random);
        std::vector<uint64_t> arguments;
        for (size_t i = 0; i < names.size(); ++i) {
          switch (random() % 4) {
            case 0: arguments.push_back(kWrong[random() % kWrong.size()]); break;
            case 1: arguments.push_back(random() % kEnd); break;  // so that buffers, vectors and results overlap
            case 2: arguments.push_back(random() % 16); break;
            case 3: arguments.push_back(ordinary(names[i], i)); break;
          }
        }
        const Reply reply = guest.call_raw(function->name, arguments);
        if (!is_clean(reply)) return describe(*function, arguments, reply);
      }
    }
    const size_t grown = peak_memory() - before;
    if (grown > kMostMemory) return "the process grew by " + std::to_string(grown) + " bytes";
    return {};
  });
  CHECK(problem == "");
}

TEST_CASE("in a memory of four gigabytes huge counts are refused or cost nothing of the host's memory", "[wasi][sandbox][pointers][attack][attack34][attack35][attack36]") {
  TempTree tree;
  tree.mkdir("root/d");
  constexpr uint64_t kSize = uint64_t{1} << 32;
  const std::string problem = in_child([&]() -> std::string {
    begin_sweep();
    const GuardedMemory memory(kSize);
    FullGuest guest(tree, memory, Resolver::Kind::Openat2);
    guest.interrupted = false;
    const size_t before = peak_memory();
    // A memory of all zeros but for this.
    guest.put(kBuffer, "f");
    EXPECT(guest.call_raw("path_unlink_file", {3, 0, 0xffffffff}) == Errno::Nametoolong);
    EXPECT(guest.call_raw("path_symlink", {0, 0xffffffff, 3, kBuffer, 1}) == Errno::Nametoolong);
    EXPECT(guest.call_raw("path_rename", {3, kBuffer, 1, 3, 0, 0xfffffff0}) == Errno::Nametoolong);
    EXPECT(guest.call_raw("sock_getaddrinfo", {0, 0xfffffff0, 0, 0, 0, 0x100, 0xffffffff, 0x200}) == Errno::Nametoolong);
    EXPECT(guest.call_raw("poll_oneoff", {0, 0, 0x04000000, 0x100}) == Errno::Nomem);
    EXPECT(guest.call_raw("poll_oneoff", {0, 0, 0x05555555, 0x100}) == Errno::Nomem);
    EXPECT(!guest.call_raw("poll_oneoff", {0, 0, 0x05555556, 0x100}).trap.empty());
    // Vectors of no bytes, and more of them than the kernel takes: those are for the next call.
    EXPECT(guest.call_raw("fd_read", {4, 0x10000, 1 << 20, 0x100}) == Errno::Success);
    EXPECT(guest.get<uint32_t>(0x100) == 0);
    EXPECT(!guest.call_raw("fd_read", {4, 0x10000, 0x20000000, 0x100}).trap.empty());
    EXPECT(guest.call_raw("fd_readdir", {5, 0x10000, 0xfff00000, 0, 0x100}) == Errno::Success);
    EXPECT(guest.get<uint32_t>(0x100) == 51);  // "." and ".."
    EXPECT(guest.call_raw("fd_prestat_dir_name", {3, 0x10000, 0xfff00000}) == Errno::Success);
    EXPECT(guest.call_raw("path_readlink", {3, kBuffer, 1, 0x10000, 0xfff00000, 0x100}) == Errno::Inval);
    // The last bytes are the guest's, the byte after them is not.
    EXPECT(guest.call_raw("clock_time_get", {1, 0, 0xfffffff8}) == Errno::Success);
    EXPECT(!guest.call_raw("clock_time_get", {1, 0, 0xfffffff9}).trap.empty());
    EXPECT(guest.call_raw("random_get", {0xffffff00, 0x100}) == Errno::Success);
    EXPECT(!guest.call_raw("random_get", {0xffffff00, 0x101}).trap.empty());
    const size_t grown = peak_memory() - before;
    if (grown > kMostMemory) return "the process grew by " + std::to_string(grown) + " bytes";
    return {};
  });
  CHECK(problem == "");
}

TEST_CASE("without any memory every pointer traps and every call without one works", "[wasi][sandbox][pointers][attack][attack34][attack38]") {
  TempTree tree;
  const GuardedMemory memory(0);
  Guest guest(tree);
  guest.use_memory(memory.bytes());
  for (const uint64_t pointer : {0, 1, 0x100}) {
    CHECK_FALSE(guest.call_raw("clock_time_get", {1, 0, pointer}).trap.empty());
    CHECK_FALSE(guest.call_raw("fd_fdstat_get", {3, pointer}).trap.empty());
    CHECK_FALSE(guest.call_raw("path_create_directory", {3, pointer, 1}).trap.empty());
    CHECK_FALSE(guest.call_raw("random_get", {pointer, 1}).trap.empty());
    CHECK_FALSE(guest.call_raw("poll_oneoff", {pointer, pointer, 1, pointer}).trap.empty());
    CHECK(guest.call_raw("random_get", {pointer, 0}) == Errno::Success);
    CHECK(guest.call_raw("path_create_directory", {3, pointer, 0}) == Errno::Noent);
  }
  CHECK(guest.call("sched_yield") == Errno::Success);
  CHECK(guest.call("fd_close", kRoot) == Errno::Success);
}

}  // namespace wasmrun::wasi
