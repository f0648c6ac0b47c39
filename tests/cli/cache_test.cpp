// The code cache: whatever state it is in, a program does the same and nothing is said.
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <filesystem>
#include <functional>
#include <random>

#include "tests/cli/command.h"

using namespace cli;

namespace {

/// A cache, and commands that use it. Children have the priority of the tests, so that a busy machine does not starve them.
class Cache {
 public:
  Cache() : path_(folder_.file("cache")) {}
  const std::string& path() const { return path_; }
  const TemporaryFolder& folder() const { return folder_; }

  Command command(std::vector<std::string> words) const {
    return {.words = std::move(words), .environment = {"PATH=" + std::string(::getenv("PATH")), "WASMRUN_CACHE_DIR=" + path_, "WASMRUN_CHILD_PRIORITY=normal"}};
  }
  Ended run(std::vector<std::string> words, std::string input = {}) const {
    Command command = this->command(std::move(words));
    command.input = std::move(input);
    return cli::run(command);
  }
  /// A script for /bin/sh, in which $wasmrun is the command.
  Ended shell(const std::string& script) const {
    Command command = this->command({"-c", script});
    command.program = "/bin/sh";
    command.environment.push_back("wasmrun=" WASMRUN_COMMAND);
    return cli::run(command);
  }
  std::vector<std::string> entries(std::string_view kind = {}) const {
    std::vector<std::string> names;
    if (!exists(path_)) return names;
    for (const auto& entry : std::filesystem::directory_iterator(path_)) {
      if (entry.path().string().ends_with(kind)) names.push_back(entry.path());
    }
    return names;
  }
  bool has(std::string_view kind) const { return !entries(kind).empty(); }
  std::string how(const std::string& program) const {
    const Ended ended = run({"-v", program});
    for (const char* const how : {"optimized code from the cache", "baseline code from the cache", "compiled"}) {
      if (contains(ended.err, how)) return how;
    }
    return ended.err;
  }

 private:
  TemporaryFolder folder_;
  std::string path_;
};

/// Runs in the cache's state now: as without a cache, and not a word.
void check_undisturbed(const Cache& cache, const std::string& what) {
  INFO(what);
  const Ended plain = wasmrun({guest("hello")});
  const Ended ended = cache.run({guest("hello")});
  CHECK(ended.status == plain.status);
  CHECK(ended.out == plain.out);
  CHECK(ended.err == "");
  const Ended trap = cache.run({guest("trap"), "unreachable"});
  CHECK(trap.status == 134);
  CHECK(trap.err == wasmrun({guest("trap"), "unreachable"}).err);
}

}  // namespace

TEST_CASE("a program that is done before it is worth anything leaves nothing in the cache", "[cli][cache]") {
  SKIP_WITHOUT_GUEST("hello");
  const Cache cache;
  CHECK(cache.run({guest("hello")}).status == 0);
  CHECK(cache.entries().empty());
}

TEST_CASE("options and variables say where the cache is", "[cli][cache]") {
  const TemporaryFolder folder;
  const auto where = [&](std::vector<std::string> environment, std::vector<std::string> words) {
    environment.push_back("PATH=/bin");
    return run({.words = std::move(words), .environment = std::move(environment)});
  };
  const std::string d = folder.path();
  CHECK(contains(where({"HOME=" + d}, {"cache", "stat"}).out, d + "/.cache/wasmrun"));
  CHECK(contains(where({"HOME=" + d, "XDG_CACHE_HOME=" + d + "/x"}, {"cache", "stat"}).out, d + "/x/wasmrun"));
  CHECK(contains(where({"HOME=" + d, "WASMRUN_CACHE_DIR=" + d + "/w"}, {"cache", "stat"}).out, d + "/w\n"));
  CHECK(contains(where({"WASMRUN_CACHE_DIR=" + d + "/w"}, {"cache", "--cache-dir=" + d + "/o", "stat"}).out, d + "/o\n"));
  const Ended none = where({}, {"cache", "stat"});
  CHECK(none.status == 125);
  CHECK(contains(none.err, "there is no cache"));
  CHECK(contains(where({"HOME=" + d, "WASMRUN_CACHE_SIZE=10M"}, {"cache", "stat", "--json"}).out, "\"max_bytes\": 10485760"));
  CHECK(contains(where({"HOME=" + d, "WASMRUN_CACHE_SIZE=x"}, {"cache", "stat", "--json"}).out, "\"max_bytes\": 1073741824"));
}

TEST_CASE("what cannot be done with the cache is wrong usage", "[cli][cache]") {
  const Cache cache;
  for (const std::vector<std::string>& words : {std::vector<std::string>{"cache"}, {"cache", "empty"}, {"cache", "why"}, {"cache", "warm"}, {"cache", "ls", "x"}}) {
    const Ended ended = cache.run(words);
    INFO(words.back() << ": " << ended.err);
    CHECK(ended.status == 125);
    CHECK(ended.err.starts_with("wasmrun: "));
  }
  CHECK(cache.run({"cache", "why", "absent.wasm"}).status == 127);
}

TEST_CASE("a cache that cannot be used disturbs no program", "[cli][cache]") {
  SKIP_WITHOUT_GUEST("hello");
  SKIP_WITHOUT_GUEST("trap");
  for (const auto& environment : {std::vector<std::string>{"PATH=/bin"}, {"HOME="}, {"HOME=/proc/nowhere"}, {"HOME=relative"}, {"WASMRUN_CACHE_DIR=/dev/null"},
                                  {"WASMRUN_CACHE_DIR=/proc/self/cache"}, {"XDG_CACHE_HOME=/sys"}}) {
    INFO(environment.front());
    for (const char* level : {"-O0", "-v"}) {
      const Ended ended = run({.words = {level, guest("hello")}, .environment = environment});
      CHECK(ended.status == 0);
      CHECK(ended.out == wasmrun({guest("hello")}).out);
      if (level == std::string("-O0")) CHECK(ended.err == "");
    }
  }
  const Cache cache;
  ::mkdir(cache.path().c_str(), 0777);
  ::chmod(cache.path().c_str(), 0777);
  check_undisturbed(cache, "others may write");
  CHECK(contains(cache.run({"-v", guest("hello")}).err, "can be written by others"));
  if (::geteuid() == 0) {
    ::chmod(cache.path().c_str(), 0700);
    REQUIRE(::chown(cache.path().c_str(), 12345, 12345) == 0);
    check_undisturbed(cache, "foreign");
    CHECK(contains(cache.run({"-v", guest("hello")}).err, "belongs to another user"));
  }
}

#ifdef WASMRUN_LLVM

namespace {

void damage(const std::string& path, const std::function<void(std::string&)>& change) {
  std::string bytes = read_file(path);
  change(bytes);
  write_file(path, bytes, 0600);
}

void warm(const Cache& cache, std::string_view name) {
  const Ended ended = cache.run({"cache", "warm", guest(name)});
  INFO(ended.err);
  REQUIRE(ended.status == 0);
  REQUIRE(ended.err == "");
  REQUIRE(cache.has(".optimized"));
  REQUIRE_FALSE(cache.has(".clusters"));
}

}  // namespace

TEST_CASE("a warm program starts on optimized code and does not map the optimizing compiler", "[cli][cache]") {
  SKIP_WITHOUT_GUEST("spin");
  SKIP_WITHOUT_GUEST("trap");
  const Cache cache;
  CHECK(cache.how(guest("trap")) == "compiled");
  warm(cache, "trap");
  warm(cache, "spin");
  CHECK(cache.how(guest("trap")) == "optimized code from the cache");
  for (const char* kind : {"divide", "unreachable", "load", "abort"}) {
    INFO(kind);
    CHECK(cache.run({guest("trap"), kind}).err == wasmrun({guest("trap"), kind}).err);
  }
  for (const char* level : {"", "-O2"}) {
    const Ended maps = cache.shell("$wasmrun " + std::string(level) + " " + guest("spin") + " >/dev/null & sleep 0.5; cat /proc/$!/maps; kill $!");
    CHECK(contains(maps.out, ".optimized"));
    CHECK_FALSE(contains(maps.out, "libLLVM"));
    CHECK_FALSE(contains(maps.out, "libwasmrun-llvm"));
  }
}

TEST_CASE("the cache is neither read nor written with --no-cache, and optimized code not used with -O0", "[cli][cache]") {
  SKIP_WITHOUT_GUEST("hello");
  SKIP_WITHOUT_GUEST("containers");
  const Cache cache;
  CHECK(cache.run({"--no-cache", "-O2", guest("hello")}).status == 0);
  CHECK(cache.run({"--no-cache", guest("containers")}).status == 0);
  CHECK_FALSE(exists(cache.path()));
  warm(cache, "hello");
  CHECK(contains(cache.run({"-v", "--no-cache", guest("hello")}).err, "] compiled\n"));
  CHECK(contains(cache.run({"-v", "-O0", guest("hello")}).err, "] compiled\n"));
}

TEST_CASE("what is compiled with -O2 is kept", "[cli][cache]") {
  SKIP_WITHOUT_GUEST("hello");
  const Cache cache;
  CHECK(contains(cache.run({"-v", "-O2", guest("hello")}).err, "] compiled\n"));
  CHECK(contains(cache.run({"-v", "-O2", guest("hello")}).err, "optimized code from the cache"));
  CHECK(cache.how(guest("hello")) == "optimized code from the cache");
}

TEST_CASE("options that shape code have entries of their own", "[cli][cache]") {
  SKIP_WITHOUT_GUEST("hello");
  const Cache cache;
  warm(cache, "hello");
  for (const char* option : {"--explicit-bounds-checks", "--deterministic", "--enable=all"}) {
    INFO(option);
    // Asked first: where compiling takes long, a run keeps the baseline's code.
    const Ended why = cache.run({"cache", "why", option, guest("hello")});
    CHECK(contains(why.out, "is compiled when it starts"));
    CHECK(contains(why.out, ", not "));
    CHECK(contains(cache.run({"-v", option, guest("hello")}).err, "] compiled\n"));
    CHECK(cache.run({"cache", "warm", option, guest("hello")}).status == 0);
    CHECK(contains(cache.run({"-v", option, guest("hello")}).err, "optimized code from the cache"));
  }
  CHECK(cache.entries(".optimized").size() == 4);
}

TEST_CASE("a damaged entry is not used, and warm replaces it", "[cli][cache]") {
  SKIP_WITHOUT_GUEST("hello");
  SKIP_WITHOUT_GUEST("trap");
  const Cache cache;
  warm(cache, "trap");
  warm(cache, "hello");
  const std::vector<std::string> entries = cache.entries(".optimized");
  REQUIRE(entries.size() == 2);
  CHECK(contains(cache.run({"cache", "verify"}).out, "2 entries, 0 damaged"));
  const auto each = [&](const std::function<void(std::string&)>& change) {
    for (const std::string& entry : entries) damage(entry, change);
  };
  each([](std::string& bytes) { bytes.resize(bytes.size() / 2); });
  check_undisturbed(cache, "truncated");
  const Ended verify = cache.run({"cache", "verify"});
  CHECK(verify.status == 1);
  CHECK(contains(verify.out, "2 damaged"));
  CHECK(contains(cache.run({"-v", guest("hello")}).err, "the cache was not used: the artifact is damaged"));
  each([](std::string& bytes) { bytes.clear(); });
  check_undisturbed(cache, "empty");
  each([](std::string& bytes) { bytes.assign(100000, 'x'); });
  check_undisturbed(cache, "poisoned");
  warm(cache, "hello");
  CHECK(cache.how(guest("hello")) == "optimized code from the cache");
  for (const std::string& entry : entries) {
    ::unlink(entry.c_str());
    REQUIRE(::symlink("/etc/passwd", entry.c_str()) == 0);
  }
  check_undisturbed(cache, "links");
  for (const std::string& entry : entries) {
    ::unlink(entry.c_str());
    REQUIRE(::mkfifo(entry.c_str(), 0600) == 0);
  }
  check_undisturbed(cache, "pipes");
}

TEST_CASE("no change of one byte of an entry changes what a program does", "[cli][cache]") {
  SKIP_WITHOUT_GUEST("hello");
  const Cache cache;
  warm(cache, "hello");
  const std::string entry = cache.entries(".optimized").at(0);
  const std::string whole = read_file(entry), expected = wasmrun({guest("hello")}).out;
  std::mt19937 random(7);
  for (int round = 0; round < 60; ++round) {
    std::string bytes = whole;
    // Half of them where the structure is.
    const size_t place = random() % (round % 2 ? bytes.size() : 8192);
    bytes[place] = static_cast<char>(bytes[place] ^ (1 << random() % 8));
    write_file(entry, bytes, 0600);
    const Ended ended = cache.run({guest("hello")});
    INFO("byte " << place);
    REQUIRE(ended.status == 0);
    REQUIRE(ended.out == expected);
    REQUIRE(ended.err == "");
  }
}

TEST_CASE("an entry under another module's name is not used", "[cli][cache]") {
  SKIP_WITHOUT_GUEST("hello");
  SKIP_WITHOUT_GUEST("trap");
  const Cache cache;
  warm(cache, "trap");
  const std::string of_trap = cache.entries(".optimized").at(0);
  warm(cache, "hello");
  for (const std::string& entry : cache.entries(".optimized")) {
    if (entry != of_trap) std::filesystem::copy_file(of_trap, entry, std::filesystem::copy_options::overwrite_existing);
  }
  // As if the two had the same hash.
  CHECK(cache.run({guest("hello")}).out == wasmrun({guest("hello")}).out);
  CHECK(contains(cache.run({"-v", guest("hello")}).err, "the cache was not used: the artifact is of another module"));
  CHECK(contains(cache.run({"cache", "verify"}).out, "its name is of another module"));
}

TEST_CASE("foreign entries and a read-only file system disturb no program", "[cli][cache]") {
  SKIP_WITHOUT_GUEST("hello");
  SKIP_WITHOUT_GUEST("trap");
  const Cache cache;
  warm(cache, "hello");
  ::chmod(cache.path().c_str(), 0500);
  CHECK(cache.how(guest("hello")) == "optimized code from the cache");
  check_undisturbed(cache, "a directory without write permission");
  ::chmod(cache.path().c_str(), 0700);
  if (::geteuid() != 0) return;
  const std::string entry = cache.entries(".optimized").at(0);
  REQUIRE(::chown(entry.c_str(), 12345, 12345) == 0);
  check_undisturbed(cache, "a foreign entry");
  // Where compiling took long, the baseline's code is there by now.
  CHECK(cache.how(guest("hello")) != "optimized code from the cache");
  REQUIRE(::chown(entry.c_str(), 0, 0) == 0);

  const Ended read_only = cache.shell("unshare -m sh -c 'mount --bind $0 $0 && mount -o remount,ro,bind $0 && $wasmrun -v $1 && $wasmrun -v -O2 $2' " + cache.path() + " " +
                                      guest("hello") + " " + guest("trap"));
  if (contains(read_only.err, "mount:") || contains(read_only.err, "unshare:")) {
    std::printf("SKIPPED: no mounts here\n");
    return;
  }
  INFO(read_only.err);
  CHECK(contains(read_only.err, "optimized code from the cache"));
  CHECK(contains(read_only.out, "hello"));
  CHECK(contains(read_only.err, "Read-only file system"));
}

TEST_CASE("a full cache disturbs no program", "[cli][cache]") {
  SKIP_WITHOUT_GUEST("containers");
  SKIP_WITHOUT_GUEST("hello");
  const Cache cache;
  // Files of at most two blocks of 512 bytes: every write of an entry fails.
  const Ended limited = cache.shell("ulimit -f 2; $wasmrun " + guest("containers") + " >/dev/null; echo $?; $wasmrun -O2 " + guest("hello") + "; echo $?");
  CHECK(limited.out == "0\n" + wasmrun({guest("hello")}).out + "0\n");
  CHECK(limited.err == "");
  CHECK(cache.entries().empty());
  if (::geteuid() != 0) return;
  const Ended small = cache.shell("unshare -m sh -c 'mkdir $0 2>/dev/null; mount -t tmpfs -o size=64k,mode=700 none $0 && $wasmrun -O2 $1 && $wasmrun $2 >/dev/null && ls -A $0' " +
                                  cache.path() + " " + guest("hello") + " " + guest("containers"));
  if (contains(small.err, "mount:") || contains(small.err, "unshare:")) return;
  INFO(small.err);
  CHECK(small.status == 0);
  CHECK(small.out.starts_with(wasmrun({guest("hello")}).out));
  CHECK(small.err == "");
}

TEST_CASE("a program that runs for a while is optimized for the next run", "[cli][cache]") {
  SKIP_WITHOUT_GUEST("spin");
  const Cache cache;
  // As long as it takes on a busy machine.
  for (int seconds = 1; seconds < 100 && !cache.has(".optimized"); seconds *= 2) {
    const Ended ended = cache.run({"--timeout=" + std::to_string(seconds) + "s", guest("spin"), "sleep"});
    CHECK(ended.status == 124);
    CHECK(ended.out == "spinning\n");
    CHECK(first_line(ended.err) == "wasmrun: timed out after " + std::to_string(seconds) + "s");
  }
  CHECK(cache.has(".optimized"));
  CHECK_FALSE(cache.has(".clusters"));
  CHECK(contains(cache.run({"-v", "--timeout=300ms", guest("spin")}).err, "optimized code from the cache"));
}

namespace {

/// Shell: starts a program that waits, as $pid, and looks for its child until there is one, $child.
std::string start_and_find_child() {
  return "$wasmrun " + guest("spin") + " sleep >/dev/null & pid=$!; for i in $(seq 400); do child=$(cat /proc/$pid/task/*/children); [ -n \"$child\" ] && break; sleep 0.01; done; "
         "[ -n \"$child\" ] && echo found; ";
}

}  // namespace

TEST_CASE("the compiling child ends with the command, however that ends", "[cli][cache]") {
  SKIP_WITHOUT_GUEST("spin");
  SKIP_WITHOUT("/proc/thread-self/children", "this kernel does not list children");
  for (const char* signal : {"TERM", "KILL"}) {
    const Cache cache;
    // Its number may be of nobody or of a process that is ending.
    const Ended ended = cache.shell(start_and_find_child() + "kill -" + signal + " $pid; wait $pid; echo $?; for i in $(seq 100); do [ -e /proc/$child/exe ] || break; sleep 0.05; done; "
                                    "[ -n \"$child\" ] && readlink /proc/$child/exe");
    INFO(signal << ": " << ended.err);
    CHECK(ended.out == std::string("found\n") + (signal == std::string("TERM") ? "143" : "137") + "\n");
  }
}

TEST_CASE("a killed child leaves the program alone", "[cli][cache]") {
  SKIP_WITHOUT_GUEST("spin");
  SKIP_WITHOUT("/proc/thread-self/children", "this kernel does not list children");
  const Cache cache;
  const Ended ended = cache.shell(start_and_find_child() + "kill -9 $child; sleep 0.3; kill -0 $pid && echo runs; cat /proc/$pid/task/*/children; kill $pid; wait $pid; echo $?");
  INFO(ended.err);
  CHECK(ended.out == "found\nruns\n143\n");
}

TEST_CASE("an interrupted compilation goes on where it was", "[cli][cache]") {
  SKIP_WITHOUT_GUEST("containers");
  const Cache cache;
  // Killed ever later; each attempt begins with what is there.
  size_t most = 0;
  bool warms = true;
  for (double seconds = 0.2; seconds < 200 && !cache.has(".optimized"); seconds *= 1.4, warms = !warms) {
    cache.shell("timeout -s KILL " + std::to_string(seconds) + " $wasmrun " + (warms ? "cache warm " : "-O2 ") + guest("containers") + " >/dev/null");
    if (!cache.has(".clusters")) continue;
    const size_t size = std::filesystem::file_size(cache.entries(".clusters").at(0));
    CHECK(size >= most);
    most = size;
  }
  CHECK(most > std::filesystem::file_size(guest("containers")));
  CHECK(cache.has(".optimized"));
  CHECK_FALSE(cache.has(".clusters"));
  CHECK(cache.run({guest("containers")}).out == wasmrun({guest("containers")}).out);
  CHECK(cache.how(guest("containers")) == "optimized code from the cache");
}

TEST_CASE("processes that race for one entry all do their work", "[cli][cache]") {
  SKIP_WITHOUT_GUEST("hello");
  const Cache cache;
  const Ended ended = cache.shell("for i in 1 2 3 4; do $wasmrun -O2 " + guest("hello") + " & $wasmrun cache warm " + guest("hello") + " & done; wait");
  const std::string line = wasmrun({guest("hello")}).out;
  CHECK(ended.out == line + line + line + line);
  CHECK(ended.err == "");
  CHECK(cache.entries().size() == 1);
  CHECK(contains(cache.run({"cache", "verify"}).out, "1 entry, 0 damaged"));
}

TEST_CASE("of processes that warm one program only the first compiles it", "[cli][cache]") {
  SKIP_WITHOUT_GUEST("containers");
  const Cache cache;
  const Ended ended = cache.shell("for i in 1 2 3; do $wasmrun cache warm -v " + guest("containers") + " & done; wait");
  INFO(ended.err);
  size_t compiled = 0, waited = 0;
  for (size_t at = 0; (at = ended.err.find(": optimized\n", at)) != std::string::npos; ++at) ++compiled;
  for (size_t at = 0; (at = ended.err.find(": was optimized already\n", at)) != std::string::npos; ++at) ++waited;
  CHECK(compiled == 1);
  CHECK(waited == 2);
  CHECK_FALSE(cache.has(".clusters"));
}

TEST_CASE("of processes that run one program with -O2 only the first compiles it", "[cli][cache]") {
  SKIP_WITHOUT_GUEST("containers");
  const Cache cache;
  const Ended ended = cache.shell("for i in 1 2 3; do $wasmrun -v -O2 " + guest("containers") + " >/dev/null & done; wait");
  INFO(ended.err);
  const size_t first = ended.err.find("] compiled\n");
  CHECK(first != std::string::npos);
  CHECK(ended.err.find("] compiled\n", first + 1) == std::string::npos);
  CHECK_FALSE(cache.has(".clusters"));
}

TEST_CASE("a module that the optimizing compiler does not take is given up once", "[cli][cache]") {
  const Cache cache;
  write_file(cache.folder().file("app.wat"), R"((module (func (export "_start") (drop (i8x16.splat (i32.const 1))))))");
  const Ended warm = cache.run({"cache", "warm", cache.folder().file("app.wat")});
  if (warm.status == 0) {
    SUCCEED("it takes vectors by now");
    return;
  }
  CHECK(warm.status == 125);
  CHECK(contains(warm.err, "cannot be compiled for speed: not supported yet"));
  CHECK(contains(cache.run({"cache", "why", cache.folder().file("app.wat")}).out, "given up: not supported yet"));
}

TEST_CASE("the least recently used entry goes when there is too much", "[cli][cache]") {
  SKIP_WITHOUT_GUEST("hello");
  SKIP_WITHOUT_GUEST("trap");
  const Cache cache;
  warm(cache, "trap");
  const std::string first = cache.entries(".optimized").at(0);
  const timespec long_ago[] = {{1'000'000'000, 0}, {1'000'000'000, 0}};
  REQUIRE(::utimensat(AT_FDCWD, first.c_str(), long_ago, 0) == 0);
  Command command = cache.command({"cache", "warm", guest("hello")});
  command.environment.push_back("WASMRUN_CACHE_SIZE=" + std::to_string(std::filesystem::file_size(first) + 10000));
  CHECK(run(command).status == 0);
  CHECK_FALSE(exists(first));
  CHECK(cache.entries(".optimized").size() == 1);
  command.words = {"cache", "gc"};
  command.environment.back() = "WASMRUN_CACHE_SIZE=1";
  CHECK(contains(run(command).out, "removed 1 file"));
  CHECK(cache.entries().empty());
}

TEST_CASE("ls, stat, why and clear say what is there", "[cli][cache]") {
  SKIP_WITHOUT_GUEST("hello");
  const Cache cache;
  CHECK(cache.run({"cache", "ls"}).out == "");
  CHECK(cache.run({"cache", "ls", "--json"}).out == "[]\n");
  CHECK(contains(cache.run({"cache", "why", guest("hello")}).out, "is compiled when it starts"));
  warm(cache, "hello");
  const std::string list = cache.run({"cache", "ls"}).out;
  CHECK(list.starts_with("optimized"));
  CHECK(list.ends_with("  hello.wasm\n"));
  CHECK(contains(cache.run({"cache", "ls", "--json"}).out, "\"app\": \"hello.wasm\", \"kind\": \"optimized\""));
  CHECK(contains(cache.run({"cache", "stat"}).out, "optimized  1, "));
  CHECK(contains(cache.run({"cache", "stat", "--json"}).out, "\"optimized\": {\"entries\": 1"));
  CHECK(contains(cache.run({"cache", "why", guest("hello")}).out, "starts on optimized code from the cache"));
  CHECK(contains(cache.run({"cache", "why", "--json", guest("hello")}).out, "\"starts_on\": \"optimized\""));
  CHECK(contains(cache.run({"cache", "clear"}).out, "removed 1 file"));
  CHECK(cache.entries().empty());
}

#endif

TEST_CASE("the baseline's code of a large program is kept", "[cli][cache][real]") {
  const std::string esbuild = std::string(REAL_PROGRAMS) + "/esbuild/esbuild.wasm";
  SKIP_WITHOUT(esbuild, "esbuild was not fetched (scripts/fetch-guests)");
  const Cache cache;
  CHECK(contains(cache.run({"-v", "-O0", esbuild, "--", "--version"}).err, "] compiled"));
  // Written while it runs; here it waits for its input.
  for (int seconds = 1; seconds < 100 && !cache.has(".baseline"); seconds *= 2) {
    const Ended ended = cache.shell("(sleep " + std::to_string(seconds) + "; echo 'let x: number = 1') | $wasmrun -O0 " + esbuild + " -- --loader=ts");
    CHECK(ended.out == "let x = 1;\n");
    CHECK(ended.err == "");
  }
  REQUIRE(cache.has(".baseline"));
  const Ended ended = cache.run({"-v", "-O0", esbuild, "--", "--version"});
  CHECK(contains(ended.err, "baseline code from the cache"));
  CHECK(ended.out == wasmrun({esbuild, "--", "--version"}).out);
}
