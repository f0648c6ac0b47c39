// Reads a module's file and names what a file is when it is no module.
#include "cmd/read_app.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string_view>

#include "engine/engine.h"

namespace wasmrun::cmd {
namespace {

constexpr size_t kMaxBytes = size_t{1} << 30;
constexpr size_t kFirstChunkBytes = size_t{64} << 10;

Failure not_opened(const std::string& file, int error) {
  const std::string message = "cannot open " + quoted(file) + ": " + ::strerror(error);
  if (error == ENOENT || error == ENOTDIR || error == ENAMETOOLONG) {
    return {kNotFound, message, "APP is the path of a .wasm or .wat file, or - for standard input. A subcommand comes first of all words."};
  }
  if (error == EACCES || error == EPERM) return {kCannotRun, message, "The file must be readable."};
  if (error == ELOOP) return {kNotFound, message};
  return {kFailed, message};
}

/// For memory that is about to be filled: the faults of small pages take longer than reading.
void use_large_pages(uint8_t* memory, size_t size_bytes) {
  constexpr uintptr_t kLargePageBytes = uintptr_t{2} << 20;
  const uintptr_t begin = (reinterpret_cast<uintptr_t>(memory) + kLargePageBytes - 1) & ~(kLargePageBytes - 1);
  const uintptr_t end = (reinterpret_cast<uintptr_t>(memory) + size_bytes) & ~(kLargePageBytes - 1);
  if (begin < end) ::madvise(reinterpret_cast<void*>(begin), end - begin, MADV_HUGEPAGE);
}

std::optional<Failure> read_all(const std::string& file, int fd, size_t expected_bytes, std::vector<uint8_t>& bytes) {
  // One byte more than expected, so that the end of an unchanged file is seen without growing.
  const size_t first_bytes = expected_bytes > 0 ? expected_bytes + 1 : kFirstChunkBytes;
  bytes.reserve(first_bytes);
  use_large_pages(bytes.data(), bytes.capacity());
  bytes.resize(first_bytes);
  size_t filled = 0;
  for (;;) {
    if (filled > kMaxBytes) return Failure{kCannotRun, quoted(file) + " is larger than 1 GiB, the most a module may have"};
    if (filled == bytes.size()) bytes.resize(bytes.size() * 2);
    const ssize_t got = ::read(fd, bytes.data() + filled, bytes.size() - filled);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Failure{kFailed, "cannot read " + quoted(file) + ": " + ::strerror(errno)};
    if (got == 0) break;
    filled += static_cast<size_t>(got);
  }
  bytes.resize(filled);
  return std::nullopt;
}

/// The bytes after a leading "#!" line, if there is one.
std::string_view without_interpreter_line(std::span<const uint8_t> bytes) {
  std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (!text.starts_with("#!")) return text;
  const size_t end = text.find('\n');
  return end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
}

}  // namespace

std::optional<Failure> open_app(const std::string& file, OwnedFd& fd) {
  // Standard input stays open under its number.
  fd.reset(file == "-" ? ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0) : ::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.valid()) return not_opened(file, errno);
  return std::nullopt;
}

std::optional<Failure> read_app(const std::string& file, const OwnedFd& fd, std::vector<uint8_t>& bytes) {
  struct stat status{};
  if (::fstat(fd.get(), &status) != 0)
    return Failure{kFailed, "cannot read " + quoted(file == "-" ? "standard input" : file) + ": " + ::strerror(errno)};
  if (S_ISDIR(status.st_mode)) {
    return Failure{kCannotRun, quoted(file) + " is a directory, not a WebAssembly module",
                   "Name the .wasm file itself. A directory for the program is granted with --dir."};
  }
  size_t expected_bytes = 0;
  if (S_ISREG(status.st_mode)) {
    if (static_cast<uint64_t>(status.st_size) > kMaxBytes)
      return Failure{kCannotRun, quoted(file) + " is larger than 1 GiB, the most a module may have"};
    expected_bytes = static_cast<size_t>(status.st_size);
  }
  return read_all(file, fd.get(), expected_bytes, bytes);
}

std::optional<Failure> read_app(const std::string& file, std::vector<uint8_t>& bytes) {
  OwnedFd fd;
  if (auto failure = open_app(file, fd)) return failure;
  return read_app(file, fd, bytes);
}

bool begins_as_artifact(int fd) {
  uint8_t magic[8];
  return ::pread(fd, magic, sizeof magic, 0) == sizeof magic && looks_like_artifact(magic);
}

std::optional<Failure> foreign_format(const std::string& file, std::span<const uint8_t> bytes) {
  using namespace std::string_view_literals;
  const std::string_view text = without_interpreter_line(bytes);
  const auto is = [&](std::string_view what, std::string_view detail) {
    return Failure{kCannotRun, quoted(file) + " is " + std::string(what), std::string(detail)};
  };
  if (text.empty()) return is("empty", "A module begins with the four bytes \\0asm.");
  if (text.starts_with("\0asm"sv)) {
    // The last two bytes of a component's header are the layer, 1; a module's are 0.
    if (text.size() >= 8 && text.substr(6, 2) == "\1\0"sv) {
      return is("a WebAssembly component (WASI preview 2); wasmrun runs core modules with WASI preview 1",
                "Build it for the target wasm32-wasip1 instead of wasm32-wasip2, or run the core module it was made from.");
    }
    return std::nullopt;
  }
  if (looks_like_artifact(bytes)) {
    return is("a program compiled by wasmrun", "It is run from a file, with --allow-precompiled. Everything else needs the module that it was made from.");
  }
  if (text.starts_with("BC\xC0\xDE")) return is("LLVM bitcode, not a WebAssembly module", "Link it into a .wasm file without -flto -c.");
  if (text.starts_with("\x7f" "ELF")) return is("a native ELF file, not a WebAssembly module", "Build it for the target wasm32-wasi.");
  if (text.starts_with("!<arch>\n")) return is("an archive of object files, not a WebAssembly module", "Link it into a program first.");
  if (text.starts_with("\x1f\x8b")) return is("compressed with gzip", "Unpack it first: gzip -dc FILE | wasmrun -");
  if (text.starts_with("PK\3\4")) return is("a zip archive, not a WebAssembly module", "Unpack it first.");
  return std::nullopt;
}

}  // namespace wasmrun::cmd
