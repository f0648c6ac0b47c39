// The file of --coredump, and the child process that writes it.
//
// The parent sends parts, each with its size before it (32 bits); size 0 says that all is there. The child writes into a file of another
// name beside the wanted one, renames it at the end, and answers with an errno. If the connection ends early the file goes.
#include "cmd/coredump_file.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace wasmrun::cmd {
namespace {

bool send_all(int fd, const void* data, size_t size) {
  const auto* at = static_cast<const uint8_t*>(data);
  while (size > 0) {
    const ssize_t sent = ::send(fd, at, size, MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return false;
    at += sent;
    size -= static_cast<size_t>(sent);
  }
  return true;
}

bool receive_all(int fd, void* data, size_t size) {
  auto* at = static_cast<uint8_t*>(data);
  while (size > 0) {
    const ssize_t got = ::read(fd, at, size);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    at += got;
    size -= static_cast<size_t>(got);
  }
  return true;
}

// ---- The child. It was forked from a process with threads: only what signal handlers may call is called here.

constexpr int kConnection = 0, kFolder = 1;

int write_all(int fd, const uint8_t* at, size_t size) {
  while (size > 0) {
    const ssize_t written = ::write(fd, at, size);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno;
    at += written;
    size -= static_cast<size_t>(written);
  }
  return 0;
}

/// Receives and writes up to the end; the errno, or -1 when the parent gave up.
int receive_file(int file) {
  static uint8_t buffer[64 << 10];
  int problem = file < 0 ? errno : 0;
  for (;;) {
    uint32_t left;
    if (!receive_all(kConnection, &left, sizeof left)) return -1;
    if (left == 0) return problem;
    for (size_t part; left > 0; left -= static_cast<uint32_t>(part)) {
      part = std::min<size_t>(left, sizeof buffer);
      if (!receive_all(kConnection, buffer, part)) return -1;
      // After a failure the rest is only taken in, so that the parent comes to listen.
      if (problem == 0) problem = write_all(file, buffer, part);
    }
  }
}

[[noreturn]] void be_child(int connection, int folder, const char* name, const char* temporary_name) {
  // Signals to the whole group end the parent, and with it the connection.
  for (const int signal : {SIGHUP, SIGINT, SIGQUIT, SIGTERM}) ::signal(signal, SIG_IGN);
  // Nothing of the guest's streams is held open. The numbers may be in each other's way.
  const int safe_connection = ::fcntl(connection, F_DUPFD, 10);
  const int safe_folder = ::fcntl(folder, F_DUPFD, 10);
  ::dup2(safe_connection, kConnection);
  ::dup2(safe_folder, kFolder);
  ::close_range(kFolder + 1, ~0u, 0);
  uint8_t first;
  // Until the program traps there is nothing to do; most end otherwise.
  ssize_t peeked;
  do {
    peeked = ::recv(kConnection, &first, 1, MSG_PEEK);
  } while (peeked < 0 && errno == EINTR);
  if (peeked <= 0) ::_exit(0);
  const int file = ::openat(kFolder, temporary_name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  int problem = receive_file(file);
  if (problem == 0 && ::renameat(kFolder, temporary_name, kFolder, name) != 0) problem = errno;
  if (problem != 0 && file >= 0) ::unlinkat(kFolder, temporary_name, 0);
  send_all(kConnection, &problem, sizeof problem);
  ::_exit(0);
}

}  // namespace

std::optional<Failure> CoredumpFile::prepare(const std::string& path, std::unique_ptr<CoredumpFile>& file) {
  const auto failure = [&](const std::string& what) {
    return Failure{kFailed, "--coredump: " + what + ": " + std::strerror(errno)};
  };
  const size_t slash = path.rfind('/');
  const std::string name = slash == std::string::npos ? path : path.substr(slash + 1);
  const std::string folder_name = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  if (name.empty()) return Failure{kFailed, "--coredump: " + quoted(path) + " is no file's name"};
  const OwnedFd folder(::open(folder_name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder.valid()) return failure("cannot write " + quoted(path));
  if (::faccessat(folder.get(), ".", W_OK | X_OK, AT_EACCESS) != 0) return failure("cannot write " + quoted(path));
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return failure("cannot start its process");
  OwnedFd own(ends[0]), childs(ends[1]);
  const std::string temporary_name = "." + name.substr(0, 200) + "." + std::to_string(::getpid()) + ".part";
  const pid_t child = ::fork();
  if (child < 0) return failure("cannot start its process");
  if (child == 0) be_child(childs.get(), folder.get(), name.c_str(), temporary_name.c_str());
  file.reset(new CoredumpFile(path, std::move(own)));
  return std::nullopt;
}

bool CoredumpFile::write(std::span<const uint8_t> bytes) {
  constexpr size_t kMost = size_t{1} << 30;
  while (!bytes.empty()) {
    const auto size = static_cast<uint32_t>(std::min(bytes.size(), kMost));
    if (!send_all(connection_.get(), &size, sizeof size) || !send_all(connection_.get(), bytes.data(), size)) return false;
    bytes = bytes.subspan(size);
  }
  return true;
}

std::string CoredumpFile::finish(bool is_whole) {
  const uint32_t end = 0;
  int problem = 0;
  if (!is_whole || !send_all(connection_.get(), &end, sizeof end)) {
    connection_.reset();
    return "it is larger than a module can be, or its process has ended";
  }
  if (!receive_all(connection_.get(), &problem, sizeof problem)) return "its process has ended";
  return problem == 0 ? std::string() : std::strerror(problem);
}

}  // namespace wasmrun::cmd
