// A program inside wasmrun's own file.
#include "cmd/payload.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstddef>
#include <type_traits>

/// Where the program itself is mapped; the linker defines it.
extern "C" const Elf64_Ehdr __ehdr_start __attribute__((visibility("hidden")));

namespace wasmrun::cmd {
namespace {

constexpr uint64_t kAlignBytes = 4096;

// Volatile: what the compiler sees here is not what a copy holds.
extern const volatile Payload kMark;
[[gnu::used]] const volatile Payload kMark = {};
static_assert(std::has_unique_object_representations_v<Payload>);

Failure own_file_failure(const std::string& why) { return {kFailed, "cannot read the program's own file: " + why}; }

/// Where the mark lies in the file that this process was started from; 0 when it cannot be.
uint64_t offset_of_mark() {
  const auto* const base = reinterpret_cast<const uint8_t*>(&__ehdr_start);
  const auto* const segments = reinterpret_cast<const Elf64_Phdr*>(base + __ehdr_start.e_phoff);
  uint64_t header_address = 0;
  for (size_t i = 0; i < __ehdr_start.e_phnum; ++i) {
    if (segments[i].p_type == PT_LOAD && segments[i].p_offset == 0) header_address = segments[i].p_vaddr;
  }
  const uint64_t address = header_address + static_cast<uint64_t>(reinterpret_cast<const uint8_t*>(const_cast<const Payload*>(&kMark)) - base);
  for (size_t i = 0; i < __ehdr_start.e_phnum; ++i) {
    const Elf64_Phdr& segment = segments[i];
    if (segment.p_type == PT_LOAD && address >= segment.p_vaddr && address + sizeof kMark <= segment.p_vaddr + segment.p_filesz)
      return segment.p_offset + (address - segment.p_vaddr);
  }
  return 0;
}

/// "" or what the system says.
std::string copy_file(int from, int to, uint64_t size) {
  char buffer[64 << 10];
  for (uint64_t at = 0; at < size;) {
    const ssize_t got = ::pread(from, buffer, std::min<uint64_t>(sizeof buffer, size - at), static_cast<off_t>(at));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return ::strerror(errno);
    if (got == 0) return "the file became shorter";
    for (ssize_t done = 0; done < got;) {
      const ssize_t written = ::write(to, buffer + done, static_cast<size_t>(got - done));
      if (written < 0 && errno == EINTR) continue;
      if (written <= 0) return written < 0 ? ::strerror(errno) : "no space";
      done += written;
    }
    at += static_cast<uint64_t>(got);
  }
  return {};
}

}  // namespace

Payload own_payload() { return {kMark.artifact_offset, kMark.words_offset, kMark.words_bytes}; }

std::optional<Failure> open_own_file(OwnedFd& file) {
  file.reset(::open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
  if (file.valid()) return std::nullopt;
  const int error = errno;
  // Without /proc: the name that the kernel was given.
  const auto* const name = reinterpret_cast<const char*>(::getauxval(AT_EXECFN));
  if (name) file.reset(::open(name, O_RDONLY | O_CLOEXEC));
  if (file.valid()) return std::nullopt;
  return own_file_failure(::strerror(error));
}

std::optional<Failure> read_payload_words(const OwnedFd& file, const Payload& payload, std::vector<std::string>& words) {
  const Failure damaged{kFailed, "the program's own file was cut off or changed",
                        "`strip` and packers remove what `wasmrun compile --exe` put behind the program."};
  struct stat status;
  if (::fstat(file.get(), &status) != 0) return own_file_failure(::strerror(errno));
  const auto file_bytes = static_cast<uint64_t>(status.st_size);
  if (payload.words_offset > file_bytes || payload.words_bytes > file_bytes - payload.words_offset) return damaged;
  std::string text(payload.words_bytes, '\0');
  if (::pread(file.get(), text.data(), text.size(), static_cast<off_t>(payload.words_offset)) != static_cast<ssize_t>(text.size())) return damaged;
  if (!text.empty() && text.back() != '\0') return damaged;
  for (size_t at = 0; at < text.size();) {
    words.emplace_back(text.c_str() + at);
    at += words.back().size() + 1;
  }
  return std::nullopt;
}

std::optional<Failure> write_with_payload(int fd, Engine& engine, const LoadedModule& loaded, const std::vector<std::string>& words) {
  OwnedFd own;
  if (auto failure = open_own_file(own)) return failure;
  struct stat status;
  if (::fstat(own.get(), &status) != 0) return own_file_failure(::strerror(errno));
  const uint64_t mark = offset_of_mark();
  if (mark == 0) return own_file_failure("its layout is not as expected");

  const auto own_bytes = static_cast<uint64_t>(status.st_size);
  if (const std::string problem = copy_file(own.get(), fd, own_bytes); !problem.empty()) return Failure{kFailed, problem};
  Payload payload;
  payload.artifact_offset = (own_bytes + kAlignBytes - 1) / kAlignBytes * kAlignBytes;
  if (::lseek(fd, static_cast<off_t>(payload.artifact_offset), SEEK_SET) < 0) return Failure{kFailed, ::strerror(errno)};
  if (auto written = engine.write_artifact(loaded, fd); !written.ok()) return Failure{kFailed, written.error().message};
  payload.words_offset = static_cast<uint64_t>(::lseek(fd, 0, SEEK_CUR));
  std::string text;
  for (const std::string& word : words) text.append(word).push_back('\0');
  payload.words_bytes = text.size();
  errno = ENOSPC;
  if (::write(fd, text.data(), text.size()) != static_cast<ssize_t>(text.size()) ||
      ::pwrite(fd, &payload, sizeof payload, static_cast<off_t>(mark)) != sizeof payload) {
    return Failure{kFailed, ::strerror(errno)};
  }
  return std::nullopt;
}

}  // namespace wasmrun::cmd
