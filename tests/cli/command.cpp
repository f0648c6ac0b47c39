// Runs the built command as a user would.
#include "tests/cli/command.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace cli {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::seconds kLimit{300};

struct Pipe {
  int read_end = -1;
  int write_end = -1;
  Pipe() {
    int ends[2];
    REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
    read_end = ends[0];
    write_end = ends[1];
  }
  ~Pipe() {
    close_end(read_end);
    close_end(write_end);
  }
  static void close_end(int& end) {
    if (end >= 0) ::close(end);
    end = -1;
  }
};

/// In the child: sets up what the command asks for and becomes it. Only async-signal-safe calls.
[[noreturn]] void become(const Command& command, char* const* argv, char* const* envp, Pipe& in, Pipe& out, Pipe& err) {
  ::setpgid(0, 0);
  ::signal(SIGPIPE, SIG_DFL);
  ::dup2(in.read_end, 0);
  ::dup2(out.write_end, 1);
  ::dup2(err.write_end, 2);
  if (command.output_file) {
    const int fd = ::open(command.output_file->c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
    ::dup2(fd, 1);
  }
  if (command.no_standard_descriptors) {
    ::close(0);
    ::close(1);
  }
  if (!command.directory.empty() && ::chdir(command.directory.c_str()) != 0) ::_exit(99);
  if (command.address_space_bytes) {
    const rlimit limit{command.address_space_bytes, command.address_space_bytes};
    ::setrlimit(RLIMIT_AS, &limit);
  }
  const rlimit no_core{0, 0};
  ::setrlimit(RLIMIT_CORE, &no_core);
  ::execve(command.program.c_str(), argv, envp);
  ::_exit(98);
}

std::vector<char*> pointers(const std::vector<std::string>& words) {
  std::vector<char*> result;
  for (const std::string& word : words) result.push_back(const_cast<char*>(word.c_str()));
  result.push_back(nullptr);
  return result;
}

/// Reads what is there; closes the end at its end.
void drain(int& fd, std::string& text) {
  char buffer[65536];
  const ssize_t got = ::read(fd, buffer, sizeof buffer);
  if (got > 0) text.append(buffer, static_cast<size_t>(got));
  else if (got == 0 || errno != EINTR) Pipe::close_end(fd);
}

/// Feeds and drains the process until it has closed its output.
void converse(const Command& command, pid_t child, Pipe& in, Pipe& out, Pipe& err, Ended& ended, Clock::time_point begin) {
  std::string_view input = command.input;
  int signal = command.signal_after_output;
  ::fcntl(in.write_end, F_SETFL, O_NONBLOCK);
  while (out.read_end >= 0 || err.read_end >= 0) {
    if (input.empty() && !command.keep_input_open) Pipe::close_end(in.write_end);
    pollfd entries[] = {{out.read_end, POLLIN, 0}, {err.read_end, POLLIN, 0}, {input.empty() ? -1 : in.write_end, POLLOUT, 0}};
    ::poll(entries, 3, 1000);
    if (Clock::now() - begin > kLimit) ::kill(-child, SIGKILL);
    if (entries[0].revents) drain(out.read_end, ended.out);
    if (entries[1].revents) drain(err.read_end, ended.err);
    if (entries[2].revents) {
      const ssize_t written = ::write(in.write_end, input.data(), input.size());
      if (written > 0) input.remove_prefix(static_cast<size_t>(written));
      else if (errno != EAGAIN && errno != EINTR) input = {};
    }
    if (signal && !ended.out.empty()) {
      ::kill(child, signal);
      signal = 0;
    }
  }
}

}  // namespace

Ended run(const Command& command) {
  ::signal(SIGPIPE, SIG_IGN);
  std::vector<std::string> words{command.program};
  words.insert(words.end(), command.words.begin(), command.words.end());
  const auto argv = pointers(words);
  std::vector<std::string> environment = command.environment;
  if (environment.empty()) environment = {"PATH=" + std::string(::getenv("PATH") ? ::getenv("PATH") : "/usr/bin:/bin")};
  const auto envp = pointers(environment);

  Pipe in, out, err;
  Ended ended;
  const auto begin = Clock::now();
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) become(command, argv.data(), envp.data(), in, out, err);
  Pipe::close_end(in.read_end);
  Pipe::close_end(out.write_end);
  Pipe::close_end(err.write_end);
  if (command.close_output) Pipe::close_end(out.read_end);
  converse(command, child, in, out, err, ended, begin);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  ended.seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  ended.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return ended;
}

std::string guest(std::string_view name) { return std::string(GUESTS) + "/" + std::string(name) + ".wasm"; }

TemporaryFolder::TemporaryFolder() {
  std::string pattern = (std::filesystem::temp_directory_path() / "wasmrun-test-XXXXXX").string();
  REQUIRE(::mkdtemp(pattern.data()));
  path_ = pattern;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  REQUIRE(file);
  return {std::istreambuf_iterator<char>(file), {}};
}

void write_file(const std::string& path, std::string_view text, unsigned mode) {
  std::ofstream(path, std::ios::binary) << text;
  REQUIRE(::chmod(path.c_str(), mode) == 0);
}

bool exists(const std::string& path) { return std::filesystem::exists(path); }
bool contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }
std::string first_line(std::string_view text) { return std::string(text.substr(0, text.find('\n'))); }

}  // namespace cli
