// See background.h: the parent's side.
#include "cmd/background.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cmd/hand_over.h"
#include "engine/base/owned_fd.h"

namespace wasmrun::cmd {
namespace {

/// Code that took less to make is made again rather than looked for.
constexpr std::chrono::milliseconds kWorthKeeping{5};
/// Programs that end sooner are not worth a process.
constexpr long kAWhileNanoseconds = 100'000'000;
/// How long the end of a command waits for that of the killed child, so that nothing outlives it.
constexpr int kPatienceMilliseconds = 10;
constexpr size_t kStackBytes = 256 << 10;

/// A descriptor that is none of those that the child gets.
OwnedFd above_those_of_the_child(int fd) { return OwnedFd(::fcntl(fd, F_DUPFD_CLOEXEC, 10)); }

/// The module's bytes as a file without a name.
OwnedFd module_file(std::span<const uint8_t> bytes) {
  const OwnedFd file(::memfd_create("wasmrun-module", MFD_CLOEXEC));
  size_t written = 0;
  while (written < bytes.size()) {
    const ssize_t done = ::write(file.get(), bytes.data() + written, bytes.size() - written);
    if (done <= 0) return {};
    written += static_cast<size_t>(done);
  }
  return above_those_of_the_child(file.get());
}

}  // namespace

void Background::start(Engine& engine, std::shared_ptr<const LoadedModule> loaded, std::string app, std::vector<std::string> options, bool optimizes) {
  engine_ = &engine;
  loaded_ = std::move(loaded);
  app_ = std::move(app);
  options_ = std::move(options);
  optimizes_ = optimizes;
  const CodeOrigin origin = origin_of(*loaded_);
  keeps_baseline_ = !origin.is_optimized && !origin.is_from_cache && origin.compile_time >= kWorthKeeping;
  if (!keeps_baseline_ && !optimizes_) return;

  pthread_condattr_t clock;
  pthread_condattr_init(&clock);
  pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
  pthread_cond_init(&condition_, &clock);
  pthread_condattr_destroy(&clock);
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, kStackBytes);
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  started_ = pthread_create(&thread_, &attributes, run, this) == 0;
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  pthread_attr_destroy(&attributes);
}

void* Background::run(void* self) {
  static_cast<Background*>(self)->work();
  return nullptr;
}

void Background::work() {
  // Not of low priority: it is done once, and a program that ends first would make the next one begin again.
  if (keeps_baseline_) {
    const Result<void> kept = engine_->keep(*loaded_, app_);
    pthread_mutex_lock(&mutex_);
    report_ = kept.ok() ? "kept the baseline's code in the cache" : "the cache was not written: " + kept.error().message;
    pthread_mutex_unlock(&mutex_);
  }
  if (!optimizes_ || !wait_for_a_while() || !engine_->can_optimize(*loaded_)) return;
  const pid_t child = start_child();
  if (child > 0) await_child(child);
}

/// False when the program has ended before.
bool Background::wait_for_a_while() {
  timespec until;
  ::clock_gettime(CLOCK_MONOTONIC, &until);
  until.tv_nsec += kAWhileNanoseconds;
  if (until.tv_nsec >= 1'000'000'000) {
    until.tv_nsec -= 1'000'000'000;
    ++until.tv_sec;
  }
  pthread_mutex_lock(&mutex_);
  while (!stopped_ && pthread_cond_timedwait(&condition_, &mutex_, &until) != ETIMEDOUT) {
  }
  const bool goes_on = !stopped_;
  pthread_mutex_unlock(&mutex_);
  return goes_on;
}

/// Its process id; 0 when there is none.
pid_t Background::start_child() {
  const OwnedFd module = module_file(module_bytes_of(*loaded_));
  const OwnedFd cache = above_those_of_the_child(engine_->cache_descriptor());
  if (!module.valid() || !cache.valid()) return 0;
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_adddup2(&files, 1, 2);
  posix_spawn_file_actions_adddup2(&files, module.get(), 3);
  posix_spawn_file_actions_adddup2(&files, cache.get(), 4);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none;
  sigemptyset(&none);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);

  std::vector<std::string> words{"wasmrun", kOptimizeForCache, std::to_string(::getpid()), app_};
  words.insert(words.end(), options_.begin(), options_.end());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  // Nothing of the environment but where libraries are, and what is for the child.
  std::vector<std::string> settings;
  for (const char* const name : {"LD_LIBRARY_PATH", "WASMRUN_CACHE_SIZE", kPriorityVariable}) {
    if (const char* const value = ::getenv(name)) settings.push_back(std::string(name) + "=" + value);
  }
  std::vector<char*> environment;
  for (std::string& setting : settings) environment.push_back(setting.data());
  environment.push_back(nullptr);

  // Under the mutex, so that the program does not end between the child's begin and its being known.
  pthread_mutex_lock(&mutex_);
  pid_t child = 0;
  for (const std::string& program : programs_that_compile()) {
    if (stopped_ || ::posix_spawn(&child, program.c_str(), &files, &attributes, argv.data(), environment.data()) == 0) break;
    child = 0;
  }
  child_ = child;
  pthread_mutex_unlock(&mutex_);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&files);
  return child;
}

void Background::await_child(pid_t child) {
  siginfo_t how{};
  // Left as a zombie until it is known to be one: its number must not be another's when `stop` kills it.
  while (::waitid(P_PID, static_cast<id_t>(child), &how, WEXITED | WNOWAIT) != 0 && errno == EINTR) {
  }
  pthread_mutex_lock(&mutex_);
  child_ = 0;
  ::waitpid(child, nullptr, WNOHANG);
  if (!report_.empty()) report_ += "; ";
  const bool has_succeeded = how.si_code == CLD_EXITED && how.si_status == 0;
  report_ += stopped_ ? "optimizing goes on with the next run" : has_succeeded ? "optimized for the next run" : "not optimized: `wasmrun cache warm` says why";
  pthread_cond_signal(&condition_);
  pthread_mutex_unlock(&mutex_);
}

std::string Background::report() {
  pthread_mutex_lock(&mutex_);
  std::string report = report_;
  pthread_mutex_unlock(&mutex_);
  return report;
}

void Background::stop() {
  if (!started_) return;
  pthread_mutex_lock(&mutex_);
  if (stopped_) {
    pthread_mutex_unlock(&mutex_);
    return;
  }
  stopped_ = true;
  pthread_cond_signal(&condition_);
  if (child_ != 0) {
    ::kill(child_, SIGKILL);
    timespec until;
    ::clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += kPatienceMilliseconds * 1'000'000;
    if (until.tv_nsec >= 1'000'000'000) {
      until.tv_nsec -= 1'000'000'000;
      ++until.tv_sec;
    }
    while (child_ != 0 && pthread_cond_timedwait(&condition_, &mutex_, &until) != ETIMEDOUT) {
    }
  }
  pthread_mutex_unlock(&mutex_);
}

}  // namespace wasmrun::cmd
