// Why a program did not get at a file, in one line for its user. Visible: PathHint.
//
// C libraries look a path's directory up among the preopens themselves and answer without asking us, so what was refused
// here is only a part of it: the program's words tell the rest.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "wasi/errno.h"
#include "wasi/fd_table.h"

namespace wasmrun::wasi {

struct Preopen;

class PathHint {
 public:
  /// The preopens as given, and the program's words, its own name first.
  void know(std::span<const Preopen> preopens, std::span<const std::string> words);

  /// A call with a path ended in Noent, Perm or Notcapable.
  void note(const Descriptor& directory, std::string_view path, Errno error);
  /// The program asked for a preopen that does not exist: the end of its search.
  void note_search() { searched_ = true; }
  /// The program asked for its arguments. Libraries that search after that do so because a path was used.
  void note_start() { started_ = !searched_; }

  /// One line with the option that would help, or nothing: for a program that has failed. Looks at the host's files.
  std::string explain() const;

 private:
  struct Directory {
    std::string host, guest;
  };
  bool is_covered(std::string_view word) const;
  std::string list() const;
  std::string explain_missing(const std::string& path) const;

  std::vector<Directory> directories_;
  std::vector<std::string> words_;
  std::string refused_;  ///< the first refusal, as a sentence
  std::string missing_;  ///< the last path below a root that was not there, without the leading slash
  bool searched_ = false;
  bool started_ = false;
};

}  // namespace wasmrun::wasi
