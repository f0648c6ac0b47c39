// Threads of the host swap directories and links under the paths that a guest works on, and threads of the guest change its
// memory under the calls: whatever is reached is inside.
// The environment variable WASMRUN_RACE_OPERATIONS sets the number of calls a resolver (20,000 if left out; 5,000 under a sanitizer,
// where a busy machine would not make more of them in the five minutes that ctest gives).
#include <linux/fs.h>
#include <sys/syscall.h>

#include <atomic>
#include <cstdlib>
#include <random>
#include <thread>

#include "tests/wasi/outside.h"

namespace wasmrun::wasi {

namespace {

uint64_t operations() {
  const char* text = std::getenv("WASMRUN_RACE_OPERATIONS");
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  constexpr uint64_t kOperations = 5000;
#else
  constexpr uint64_t kOperations = 20000;
#endif
  return text ? std::strtoull(text, nullptr, 10) : kOperations;
}

/// RENAME_EXCHANGE: two names change places with no moment between. spec: renameat2(2)
void exchange(const std::string& one, const std::string& other) {
  ::syscall(SYS_renameat2, AT_FDCWD, one.c_str(), AT_FDCWD, other.c_str(), RENAME_EXCHANGE);
}

/// Files and directories that the guest may break, or that betray that it got at them: the same names everywhere.
void furnish(const TempTree& tree, const std::string& directory, const std::string& text) {
  tree.mkdir(directory + "/sub");
  for (const char* name : {"f", "g", "made", "victim"}) tree.write(directory + "/" + name, text);
  tree.symlink(text, directory + "/sym");
  if (text == "outside") tree.write(directory + "/betrayal", text);
}

/// A guest that works below `prefix` (a path with a slash at its end) by calls of all kinds in random order.
class Worker {
 public:
  Worker(Guest& guest, const Outside& outside, std::string prefix) : guest_(guest), outside_(outside), prefix_(std::move(prefix)) {}

  void work() {
    const Reply reply = call(random_() % 19);
    ++(reply == Errno::Success ? successes : failures);
    REQUIRE(reply.trap == "");
  }
  uint64_t successes = 0, failures = 0;

 private:
  std::string at(const char* name) const { return prefix_ + name; }

  /// What the last result's filestat describes must be inside.
  void check_stat(const Reply& reply) {
    if (reply == Errno::Success) REQUIRE_FALSE(outside_.has_inode(guest_.get<uint64_t>(kResult + 8)));
  }
  void check_open(const Reply& reply, bool reads) {
    if (!(reply == Errno::Success)) return;
    const uint32_t fd = guest_.get<uint32_t>(kResult);
    check_stat(guest_.call("fd_filestat_get", fd, kResult));
    if (reads) REQUIRE(guest_.read_all(fd) != "outside");
    REQUIRE(guest_.call("fd_close", fd) == Errno::Success);
  }
  void check_directory(const Reply& reply) {
    if (!(reply == Errno::Success)) return;
    const uint32_t fd = guest_.get<uint32_t>(kResult);
    check_stat(guest_.call("fd_filestat_get", fd, kResult));
    check_open(guest_.path_open(fd, "f"), true);
    const Reply climbed = guest_.path_open(fd, "..");
    REQUIRE((climbed == Errno::Perm || climbed == Errno::Noent));
    REQUIRE(guest_.call("fd_readdir", fd, kBuffer, 4096, 0, kResult) == Errno::Success);
    REQUIRE(guest_.text(kBuffer, guest_.get<uint32_t>(kResult)).find("betrayal") == std::string::npos);
    REQUIRE(guest_.call("fd_close", fd) == Errno::Success);
  }

  Reply call(unsigned which) {
    Reply reply;
    switch (which) {
      case 0: check_open(reply = guest_.path_open(kRoot, at("f")), true); break;
      case 1: check_open(reply = guest_.path_open(kRoot, at("f"), {.oflags = oflags::kCreat | oflags::kTrunc, .rights = kReadWrite}), true); break;
      case 2: check_open(reply = guest_.path_open(kRoot, at("made"), {.oflags = oflags::kCreat | oflags::kExcl, .rights = kReadWrite}), true); break;
      case 3: check_open(reply = guest_.path_open(kRoot, at("victim"), {.oflags = oflags::kTrunc, .rights = 0, .follow = false}), true); break;
      case 4: check_stat(reply = guest_.call("path_filestat_get", kRoot, 1, at("f"), kResult)); break;
      case 5: check_stat(reply = guest_.call("path_filestat_get", kRoot, 0, at("victim"), kResult)); break;
      case 6: check_stat(reply = guest_.call("path_filestat_get", kRoot, 0, prefix_, kResult)); break;
      case 7: reply = guest_.call("path_create_directory", kRoot, at("sub")); break;
      case 8: reply = guest_.call("path_remove_directory", kRoot, at("sub/")); break;
      case 9: reply = guest_.call("path_unlink_file", kRoot, at(random_() % 2 ? "made" : "victim")); break;
      case 10: reply = guest_.call("path_rename", kRoot, at("f"), kRoot, at("g")); break;
      case 11: reply = guest_.call("path_rename", kRoot, at("g"), kRoot, "back"); break;
      case 12: reply = guest_.call("path_rename", kRoot, "back", kRoot, at("victim")); break;
      case 13:
        reply = guest_.call("path_link", kRoot, 0, at("f"), kRoot, "hard");
        check_stat(guest_.call("path_filestat_get", kRoot, 0, "hard", kResult));
        guest_.call("path_unlink_file", kRoot, "hard");
        break;
      case 14: reply = guest_.call("path_symlink", "f", kRoot, at("link")); break;
      case 15: reply = guest_.call("path_unlink_file", kRoot, at("link")); break;
      case 16:
        reply = guest_.call("path_readlink", kRoot, at("sym"), kBuffer, 100, kResult);
        if (reply == Errno::Success) REQUIRE(guest_.text(kBuffer, guest_.get<uint32_t>(kResult)) == "inside");
        break;
      case 17:
        reply = guest_.call("path_filestat_set_times", kRoot, random_() % 2, at("f"), 1, 1, fstflags::kAtim | fstflags::kMtim);
        break;
      case 18:
        check_directory(reply = guest_.path_open(kRoot, prefix_, {.oflags = oflags::kDirectory, .follow = random_() % 2 == 0}));
        break;
    }
    return reply;
  }

  Guest& guest_;
  const Outside& outside_;
  const std::string prefix_;
  std::mt19937 random_{1};
};

/// Every so many rounds a thread lets the other have its turn, so that one processor mixes them too; on a busy one each turn given
/// away costs milliseconds.
constexpr uint64_t kRoundsPerTurn = 256;

/// Lets the worker work while a thread of the host does `swap` again and again.
template <class Swap>
void race(Worker& worker, const Outside& outside, const Swap& swap) {
  std::atomic<uint64_t> swaps = 0;
  {
    const std::jthread host([&](std::stop_token token) {
      std::mt19937 random{2};
      while (!token.stop_requested()) {
        swap();
        swaps.fetch_add(1, std::memory_order_relaxed);
        // Neither state may last longer than the other, be there one processor or several.
        for (unsigned wait = random() % 1000; wait > 0; --wait) std::atomic_signal_fence(std::memory_order_seq_cst);
        if (random() % kRoundsPerTurn == 0) std::this_thread::yield();
      }
    });
    for (uint64_t i = 0; i < operations(); ++i) {
      worker.work();
      if (i % kRoundsPerTurn == 0) std::this_thread::yield();
    }
    // On a busy machine the other thread may have had no turn yet.
    while (swaps.load(std::memory_order_relaxed) < 100) worker.work();
  }
  INFO(outside.contents());
  CHECK(outside.is_unchanged());
  CHECK(worker.successes > 0);
  CHECK(worker.failures > 0);
  if (std::getenv("WASMRUN_RACE_OPERATIONS")) {
    std::printf("%llu calls succeeded, %llu failed, %llu swaps\n", static_cast<unsigned long long>(worker.successes),
                static_cast<unsigned long long>(worker.failures), static_cast<unsigned long long>(swaps.load()));
  }
}

}  // namespace

TEST_CASE("no call gets outside while the host swaps a directory and a link", "[wasi][sandbox][race][attack][attack17]") {
  TempTree tree;
  furnish(tree, "root/x", "inside");
  furnish(tree, "outside", "outside");
  // Relative, absolute, and with a slash at the end of the target.
  const std::string target = GENERATE(std::string("../outside"), std::string("/"), std::string("../outside/"));
  tree.symlink(target == "/" ? tree.path("outside") : target, "root/link");
  const Outside outside(tree.path("outside"));
  Guest guest(tree, on_both_resolvers());
  Worker worker(guest, outside, "x/");
  race(worker, outside, [&] { exchange(tree.path("root/x"), tree.path("root/link")); });
}

TEST_CASE("no call gets outside while the host swaps a parent far up a deep path", "[wasi][sandbox][race][attack][attack18]") {
  TempTree tree;
  furnish(tree, "root/a/b/c/d", "inside");
  furnish(tree, "outside/c/d", "outside");
  tree.symlink("../../outside", "root/a/link");
  tree.symlink("..", "root/up");
  const Outside outside(tree.path("outside"));
  Guest guest(tree, on_both_resolvers(), writable_and_not());
  const std::string prefix = GENERATE(std::string("a/b/c/d/"), std::string("a/b/c/../c/./d/"));
  Worker worker(guest, outside, prefix);
  unsigned turn = 0;
  race(worker, outside, [&] {
    // A parent becomes a link to the outside, and its parent another one.
    if (++turn % 3) {
      exchange(tree.path("root/a/b"), tree.path("root/a/link"));
    } else {
      exchange(tree.path("root/a"), tree.path("root/up"));
      exchange(tree.path("root/a"), tree.path("root/up"));
    }
  });
}

TEST_CASE("no call gets outside while the host moves an ancestor out of the tree", "[wasi][sandbox][race][attack][attack19]") {
  TempTree tree;
  furnish(tree, "root/a", "inside");
  tree.mkdir("root/a/b/c/d");
  // From where the directory is parked the same dots lead here.
  furnish(tree, "park", "outside");
  const Outside outside(tree.path("park"), true);
  Guest guest(tree, on_both_resolvers(), writable_and_not());
  Worker worker(guest, outside, "a/b/c/d/../../../");
  const std::string home = tree.path("root/a/b"), away = tree.path("park/b");
  race(worker, outside, [&] {
    ::rename(home.c_str(), away.c_str());
    ::rename(away.c_str(), home.c_str());
  });
}

TEST_CASE("no call changes a read-only tree or gets outside while the host swaps", "[wasi][sandbox][race][read_only][attack][attack17]") {
  TempTree tree;
  furnish(tree, "root/x", "inside");
  furnish(tree, "outside", "outside");
  tree.symlink("../outside", "root/link");
  const Outside outside(tree.path("outside")), inside(tree.path("root/x"));
  Guest guest(tree, on_both_resolvers(), true);
  Worker worker(guest, outside, "x/");
  race(worker, outside, [&] { exchange(tree.path("root/x"), tree.path("root/link")); });
  struct stat status;
  REQUIRE(::lstat(tree.path("root/x").c_str(), &status) == 0);
  if (S_ISLNK(status.st_mode)) exchange(tree.path("root/x"), tree.path("root/link"));
  CHECK(tree.read("root/x/f") == "inside");
  CHECK(tree.read("root/x/victim") == "inside");
  CHECK(tree.exists("root/x/sub"));
  CHECK_FALSE(tree.exists("root/x/link"));
}

TEST_CASE("a path that another thread of the guest rewrites during the call does not lead outside", "[wasi][sandbox][race][attack][attack17]") {
  TempTree tree;
  tree.mkdir("dir_x");
  tree.write("f", "outside");
  Guest guest(tree, on_both_resolvers());
  // Of equal length: one harmless whichever way it is used, the other leading to the canary.
  const std::string harmless = "aa_canary", evil = GENERATE(std::string("../canary"), std::string("x/../../f"), std::string("//../../f"));
  REQUIRE(harmless.size() == evil.size());
  const Outside outside(tree.path("canary"));
  guest.put(kBuffer, harmless);
  uint8_t* const path = guest.memory().data() + kBuffer;
  {
    const std::jthread other([&](std::stop_token token) {
      while (!token.stop_requested()) {
        std::memcpy(path, evil.data(), evil.size());
        std::memcpy(path, harmless.data(), harmless.size());
      }
    });
    const uint64_t size = harmless.size();
    for (uint64_t i = 0; i < operations(); ++i) {
      REQUIRE(guest.call_raw("path_unlink_file", {kRoot, kBuffer, size}).trap == "");
      guest.call_raw("path_create_directory", {kRoot, kBuffer, size});
      guest.call_raw("path_remove_directory", {kRoot, kBuffer, size});
      guest.call_raw("path_symlink", {kBuffer, size, kRoot, kBuffer, size});
      const Reply reply = guest.call_raw("path_open", {kRoot, 1, kBuffer, size, 0, kReadRights, 0, 0, kResult});
      if (!(reply == Errno::Success)) continue;
      const uint32_t fd = guest.get<uint32_t>(kResult);
      guest.iovec_at(0x200, 0x1000, 7);
      if (guest.call("fd_read", fd, 0x200, 1, kResult2) == Errno::Success) {
        const std::string text = guest.text(0x1000, 7);
        REQUIRE(text != "outside");
        REQUIRE_FALSE(text.starts_with("canary"));
        guest.put(0x1000, "       ");
      }
      guest.call("fd_close", fd);
    }
  }
  CHECK(outside.is_unchanged());
  CHECK(tree.read("f") == "outside");
  CHECK_FALSE(tree.exists("aa_canary"));
}

}  // namespace wasmrun::wasi
