// Parts of a test in a process of their own, for what must not happen to the test program. Visible: in_child, EXPECT.
#pragma once

#include <signal.h>
#include <sys/wait.h>

#include <functional>

#include "tests/wasi/guest.h"

/// For in_child: returns what went wrong.
#define EXPECT(condition) \
  if (!(condition)) return std::string("line ") + std::to_string(__LINE__) + ": " #condition

namespace wasmrun::wasi {

/// Runs `body` in a child whose standard streams are /dev/null. Returns what it returned ("" for all is well), or how the child died.
/// It must not use the assertions of Catch2.
inline std::string in_child(const std::function<std::string()>& body) {
  int ends[2];
  REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    const int null = ::open("/dev/null", O_RDWR);
    for (int fd = 0; fd < 3; ++fd) ::dup2(null, fd);
    ::close(ends[0]);
    ::signal(SIGPIPE, SIG_IGN);  // as the command does
    const std::string problem = body();
    const ssize_t written = ::write(ends[1], problem.data(), problem.size());
    ::_exit(written == static_cast<ssize_t>(problem.size()) ? 0 : 1);
  }
  ::close(ends[1]);
  std::string problem;
  char part[512];
  for (ssize_t count; (count = ::read(ends[0], part, sizeof(part))) > 0;) problem.append(part, static_cast<size_t>(count));
  ::close(ends[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  if (WIFSIGNALED(status)) problem += " killed by signal " + std::to_string(WTERMSIG(status));
  if (WIFEXITED(status) && WEXITSTATUS(status) != 0) problem += " exit status " + std::to_string(WEXITSTATUS(status));
  return problem;
}

}  // namespace wasmrun::wasi
