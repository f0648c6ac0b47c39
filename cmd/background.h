// What is done for the next run while the program runs. Visible: Background.
#pragma once

#include <pthread.h>
#include <sys/types.h>

#include <memory>
#include <string>
#include <vector>

#include "engine/engine.h"

namespace wasmrun::cmd {

/// One thread: it writes the baseline's code into the cache if that took long to make, and when the program has run
/// for a while, lets a child process compile it with the optimizing compiler. The child ends with the command, whatever ends that.
///
/// Started before files are restricted (Landlock), because it and its child need the cache, and threads inherit what holds their creator.
/// It executes nothing of the program's and looks at nothing that the program can change.
class Background {
 public:
  ~Background() { stop(); }

  /// `options` are words for the child: what shapes code. Without `optimizes` there is none. Starts nothing when there is nothing to do, or the system refuses the thread.
  void start(Engine& engine, std::shared_ptr<const LoadedModule> loaded, std::string app, std::vector<std::string> options, bool optimizes);
  /// Ends the child. What was not finished is abandoned.
  void stop();
  /// What has been done, for -v; empty when nothing was. After `stop`.
  std::string report();

 private:
  static void* run(void* self);
  void work();
  bool wait_for_a_while();
  pid_t start_child();
  void await_child(pid_t child);

  Engine* engine_ = nullptr;
  std::shared_ptr<const LoadedModule> loaded_;
  std::string app_;
  std::vector<std::string> options_;
  bool keeps_baseline_ = false;
  bool optimizes_ = false;

  bool started_ = false;
  pthread_t thread_{};
  pthread_mutex_t mutex_ = PTHREAD_MUTEX_INITIALIZER;
  pthread_cond_t condition_{};
  bool stopped_ = false;  // under mutex_, as are the two below
  pid_t child_ = 0;       // 0: none
  std::string report_;
};

/// The child: compiles the module that it has as descriptor 3 into the cache that it has as descriptor 4. `words` begin with its
/// parent's process id and the name of the program; options follow.
int optimize_for_cache(const std::vector<std::string>& words);

/// Set to "normal", the child has the program's priority: for measurements and tests on busy machines.
inline constexpr char kPriorityVariable[] = "WASMRUN_CHILD_PRIORITY";

/// The first word of the child's command line. No help names it.
inline constexpr char kOptimizeForCache[] = "--optimize-for-cache";

}  // namespace wasmrun::cmd
