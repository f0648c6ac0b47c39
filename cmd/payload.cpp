// A program inside a copy of wasmrun's file.
#include "cmd/payload.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "engine/base/elf_note.h"
#include "engine/base/program.h"

// The mark: a note, because the program's header says where notes lie in the file. Owner "wasmrun", type 2, a Payload.
asm(R"(
  .pushsection .note.wasmrun, "a", %note
  .balign 4
  .long 8, 24, 2
  .asciz "wasmrun"
  .globl wasmrun_payload
  .hidden wasmrun_payload
wasmrun_payload:
  .quad 0, 0, 0
  .popsection
)");
// Volatile: what the compiler could see here is not what a copy holds.
extern "C" const volatile wasmrun::cmd::Payload wasmrun_payload __attribute__((visibility("hidden")));

namespace wasmrun::cmd {
namespace {

constexpr uint64_t kAlignBytes = 4096;

constexpr uint32_t kPayloadNote = 2;

Failure own_file_failure(const std::string& why) { return {kFailed, "cannot read the program's own file: " + why}; }

/// The program that executables are made of: wasmrun as it is linked statically, of this build, if it is there, else this program.
/// Failures: those of open_own_file.
std::optional<Failure> open_base(OwnedFd& file) {
  if (const std::string folder = own_folder(); !is_static_program() && !folder.empty()) {
    for (const char* const place : {"wasmrun", "../../bin/wasmrun"}) {
      file.reset(::open((folder + place).c_str(), O_RDONLY | O_CLOEXEC));
      if (file.valid() && build_id_in(file.get()) == own_build_id()) return std::nullopt;
    }
  }
  return open_own_file(file);
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

Payload own_payload() { return {wasmrun_payload.artifact_offset, wasmrun_payload.words_offset, wasmrun_payload.words_bytes}; }

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
  OwnedFd base;
  if (auto failure = open_base(base)) return failure;
  struct stat status;
  if (::fstat(base.get(), &status) != 0) return own_file_failure(::strerror(errno));
  const auto mark = find_elf_note(base.get(), "wasmrun", kPayloadNote);
  if (!mark) return own_file_failure("its layout is not as expected");

  const auto base_bytes = static_cast<uint64_t>(status.st_size);
  if (const std::string problem = copy_file(base.get(), fd, base_bytes); !problem.empty()) return Failure{kFailed, problem};
  Payload payload;
  payload.artifact_offset = (base_bytes + kAlignBytes - 1) / kAlignBytes * kAlignBytes;
  if (::lseek(fd, static_cast<off_t>(payload.artifact_offset), SEEK_SET) < 0) return Failure{kFailed, ::strerror(errno)};
  if (auto written = engine.write_artifact(loaded, fd); !written.ok()) return Failure{kFailed, written.error().message};
  payload.words_offset = static_cast<uint64_t>(::lseek(fd, 0, SEEK_CUR));
  std::string text;
  for (const std::string& word : words) text.append(word).push_back('\0');
  payload.words_bytes = text.size();
  errno = ENOSPC;
  if (::write(fd, text.data(), text.size()) != static_cast<ssize_t>(text.size()) ||
      ::pwrite(fd, &payload, sizeof payload, static_cast<off_t>(mark->offset)) != sizeof payload) {
    return Failure{kFailed, ::strerror(errno)};
  }
  return std::nullopt;
}

}  // namespace wasmrun::cmd
