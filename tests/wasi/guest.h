// A guest without an engine: bytes as memory, functions called by name. Visible: Guest, Reply, TempTree,
// on_both_resolvers, writable_and_not.
#pragma once

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <type_traits>

#include "wasi/functions.h"
#include "wasi/state.h"
#include "wasi/wasi.h"
// The tests' CHECK is Catch2's.
#undef CHECK
#include "tests/support/catch.h"

namespace wasmrun::wasi {

inline std::ostream& operator<<(std::ostream& out, Errno error) {
  return out << to_string(error);
}
inline std::ostream& operator<<(std::ostream& out, FileType type) {
  return out << static_cast<int>(type);
}

/// How a call ended. Compares with an errno only when it returned.
struct Reply {
  Errno error = Errno::Success;
  std::string trap;
  bool exited = false;
  uint32_t exit_code = 0;
  friend bool operator==(const Reply& reply, Errno error) {
    return reply.trap.empty() && !reply.exited && reply.error == error;
  }
  friend std::ostream& operator<<(std::ostream& out, const Reply& reply) {
    if (!reply.trap.empty()) return out << "trap: " << reply.trap;
    if (reply.exited) return out << "exit " << reply.exit_code;
    return out << reply.error;
  }
};

/// A directory of the test's own in $TMPDIR: `root` is given to the guest, the rest of it must stay out of reach.
class TempTree {
 public:
  TempTree() {
    const char* folder = ::getenv("TMPDIR");
    std::string name = std::string(folder && *folder ? folder : "/tmp") + "/wasi_test_XXXXXX";
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    base_ = name;
    std::filesystem::create_directory(base_ / "root");
    write("canary", "canary");
  }
  ~TempTree() {
    CHECK(read("canary") == "canary");
    std::error_code ignored;
    std::filesystem::remove_all(base_, ignored);
  }
  std::string path(const std::string& name) const { return (base_ / name).string(); }
  std::string root() const { return path("root"); }
  void write(const std::string& name, const std::string& text) const { std::ofstream(base_ / name) << text; }
  std::string read(const std::string& name) const {
    std::ifstream file(base_ / name);
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
  }
  bool exists(const std::string& name) const {
    struct stat status;
    return ::lstat(path(name).c_str(), &status) == 0;
  }
  void mkdir(const std::string& name) const { std::filesystem::create_directories(base_ / name); }
  void symlink(const std::string& target, const std::string& name) const {
    REQUIRE(::symlink(target.c_str(), path(name).c_str()) == 0);
  }

 private:
  std::filesystem::path base_;
};

/// Descriptor of the first preopen.
inline constexpr uint32_t kRoot = 3;
/// Where tests put results, and where strings are passed.
inline constexpr uint32_t kResult = 0x100;
inline constexpr uint32_t kResult2 = 0x180;
inline constexpr uint32_t kBuffer = 0x4000;
inline constexpr uint64_t kReadRights = rights::kFdRead | rights::kFdReaddir;
inline constexpr uint64_t kWriteRights = rights::kFdWrite | rights::kFdAllocate | rights::kFdFilestatSetSize;
inline constexpr uint64_t kReadWrite = kReadRights | kWriteRights;

class Guest : public Caller {
 public:
  explicit Guest(WasiOptions options, Resolver::Kind kind = Resolver::Kind::Openat2) : own_memory_(0x10000 * 4) {
    auto created = Wasi::create(std::move(options));
    INFO((created.ok() ? "" : created.error().message));
    REQUIRE(created.ok());
    wasi_ = std::move(created).value();
    state().resolver = std::make_unique<Resolver>(kind);
  }
  /// With `tree`'s root as "/", on the resolver that the section generates.
  explicit Guest(const TempTree& tree, Resolver::Kind kind = Resolver::Kind::Openat2, bool read_only = false)
      : Guest(options_for(tree, read_only), kind) {}
  static WasiOptions options_for(const TempTree& tree, bool read_only = false) {
    WasiOptions options;
    options.preopens.push_back({tree.root(), "/", read_only});
    return options;
  }

  std::span<uint8_t> memory() override { return memory_; }
  /// For tests that need more than 256 KiB.
  void resize_memory(size_t size_bytes) {
    own_memory_.resize(size_bytes);
    memory_ = own_memory_;
  }
  /// Another memory from now on, which must outlive the guest.
  void use_memory(std::span<uint8_t> memory) { memory_ = memory; }
  bool interrupt_requested() override { return interrupted; }
  State& state() { return wasi_->state(); }
  Wasi& wasi() { return *wasi_; }

  /// Calls a function. A string argument stands for its pointer and its length.
  template <class... Arguments>
  Reply call(std::string_view name, const Arguments&... arguments) {
    std::vector<uint64_t> values;
    next_string_ = 0x8000;
    (push(values, arguments), ...);
    return call_raw(name, values);
  }

  Reply call_raw(std::string_view name, const std::vector<uint64_t>& values) {
    const FunctionEntry* function = find_function(name);
    REQUIRE(function != nullptr);
    const FuncType type = function->type();
    REQUIRE(type.params.size() == values.size());
    std::vector<RawValue> raw(values.size() + 1);
    for (size_t i = 0; i < values.size(); ++i) {
      raw[i].i64 = type.params[i] == module::kI32 ? 0xdeadbeef00000000 | (values[i] & 0xffffffff) : values[i];
    }
    RawValue result{};
    ImportBinding binding{&state(), function, snapshot, &state().first_thread};
    const HostOutcome outcome = function->callback(&binding, *this, raw.data(), &result);
    Reply reply;
    reply.error = static_cast<Errno>(result.i32);
    if (outcome.kind == HostOutcome::Kind::Trapped) reply.trap = outcome.message;
    reply.exited = outcome.kind == HostOutcome::Kind::Exited;
    reply.exit_code = outcome.exit_code;
    return reply;
  }

  template <class T>
  T get(uint32_t pointer) {
    return GuestMemory(memory_).read<T>(pointer);
  }
  template <class T>
  void set(uint32_t pointer, T value) {
    GuestMemory(memory_).write(pointer, value);
  }
  std::string text(uint32_t pointer, uint32_t size) {
    return {reinterpret_cast<const char*>(memory_.data() + pointer), size};
  }
  void put(uint32_t pointer, std::string_view text) { std::copy(text.begin(), text.end(), memory_.begin() + pointer); }
  /// One iovec at `at`, for `size` bytes at `buffer`.
  void iovec_at(uint32_t at, uint32_t buffer, uint32_t size) {
    set(at, buffer);
    set(at + 4, size);
  }

  struct OpenOptions {
    uint32_t oflags = 0;
    uint64_t rights = kReadRights;
    uint32_t fdflags = 0;
    bool follow = true;
  };
  Reply path_open(uint32_t directory, const std::string& path, OpenOptions options) {
    return call("path_open", directory, options.follow ? 1 : 0, path, options.oflags, options.rights,
                rights::kBelowDirectory, options.fdflags, kResult);
  }
  Reply path_open(uint32_t directory, const std::string& path) { return path_open(directory, path, OpenOptions()); }
  /// The descriptor of a path that must open.
  uint32_t open(const std::string& path, OpenOptions options, uint32_t directory = kRoot) {
    REQUIRE(path_open(directory, path, options) == Errno::Success);
    return get<uint32_t>(kResult);
  }
  uint32_t open(const std::string& path) { return open(path, OpenOptions()); }
  std::string read_all(uint32_t fd) {
    iovec_at(0x200, kBuffer, 4096);
    REQUIRE(call("fd_read", fd, 0x200, 1, kResult) == Errno::Success);
    return text(kBuffer, get<uint32_t>(kResult));
  }
  Reply write(uint32_t fd, std::string_view what) {
    put(kBuffer, what);
    iovec_at(0x200, kBuffer, static_cast<uint32_t>(what.size()));
    return call("fd_write", fd, 0x200, 1, kResult);
  }
  FileType stat_type(uint32_t at) { return static_cast<FileType>(get<uint8_t>(at + 16)); }
  /// A guest descriptor for an object of the host's, as if inherited when `inherited`.
  uint32_t adopt(int host, FileType type, bool inherited = false) {
    Descriptor descriptor;
    descriptor.host = host;
    descriptor.type = type;
    descriptor.readable = descriptor.writable = true;
    descriptor.is_inherited = inherited;
    descriptor.rights_base = rights_of(descriptor);
    uint32_t fd;
    REQUIRE(state().fds.insert(std::move(descriptor), &fd) == Errno::Success);
    return fd;
  }

  Snapshot snapshot = Snapshot::Preview1;
  bool interrupted = false;

 private:
  template <class T>
  void push(std::vector<uint64_t>& values, const T& argument) {
    if constexpr (std::is_convertible_v<const T&, std::string_view>) {
      const std::string_view text = argument;
      put(next_string_, text);
      values.push_back(next_string_);
      values.push_back(text.size());
      next_string_ += static_cast<uint32_t>(text.size()) + 16;
    } else {
      values.push_back(static_cast<uint64_t>(argument));
    }
  }

  std::vector<uint8_t> own_memory_;
  std::span<uint8_t> memory_ = own_memory_;
  std::unique_ptr<Wasi> wasi_;
  uint32_t next_string_ = 0;
};

/// Runs the rest of a test once for each resolver.
inline Resolver::Kind on_both_resolvers() {
  const auto kind = GENERATE(Resolver::Kind::Openat2, Resolver::Kind::Walk);
  UNSCOPED_INFO((kind == Resolver::Kind::Walk ? "walk" : "openat2"));
  return kind;
}

/// Runs the rest of a test once with a preopen that may be written and once with one that may not; for Guest's `read_only`.
inline bool writable_and_not() {
  const bool read_only = GENERATE(false, true);
  UNSCOPED_INFO((read_only ? "read-only" : "writable"));
  return read_only;
}

}  // namespace wasmrun::wasi
