// Splits the words of the command line into wasmrun's and the guest's.
#include "cmd/command_line.h"

namespace wasmrun::cmd {
namespace {

enum class OptionKind { Value, Optional, Flag, Later };

struct OptionRow {
  std::string_view spelling;
  OptionKind kind;
};

constexpr OptionRow kOptions[] = {
#define VALUE_OPTION(field, spelling) {spelling, OptionKind::Value},
#define OPTIONAL_OPTION(field, spelling) {spelling, OptionKind::Optional},
#define FLAG_OPTION(field, spelling) {spelling, OptionKind::Flag},
#define LATER_OPTION(spelling) {spelling, OptionKind::Later},
#include "cmd/options.def"
#undef VALUE_OPTION
#undef OPTIONAL_OPTION
#undef FLAG_OPTION
#undef LATER_OPTION
};

const OptionRow* find_option(std::string_view name) {
  if (name == "-h") name = "--help";
  if (name.starts_with("-O")) name = "-O";
  for (const OptionRow& row : kOptions) {
    if (row.spelling == name) return &row;
  }
  return nullptr;
}

bool looks_like_option(std::string_view word) { return word.size() > 1 && word[0] == '-'; }

Failure usage(std::string message, std::string detail = "See `wasmrun --help`.") {
  return {kFailed, std::move(message), std::move(detail)};
}

/// What other runtimes call things that wasmrun has under another name.
std::string_view other_name_for(std::string_view name) {
  if (name == "--mapdir" || name == "--map-dir" || name == "--volume" || name == "--mount" || name == "--preopen")
    return "Grant a directory with --dir HOST::GUEST; nothing is granted by default.\n";
  if (name == "--dir-ro") return "Grant a directory for reading with --dir HOST:ro.\n";
  if (name == "--verbose") return "Its name is -v.\n";
  return {};
}

Failure unknown_option(std::string_view name, bool after_app) {
  std::string detail(other_name_for(name));
  if (after_app) {
    detail += "An option of the program itself goes after `--`: wasmrun APP -- ";
    detail += name;
  } else {
    detail += "See `wasmrun --help`. Options of the program itself go after APP and `--`.";
  }
  return usage("unknown option " + quoted(name), std::move(detail));
}

/// Whether the words are files to look at, none of them a program's.
bool takes_files(Subcommand subcommand) { return subcommand == Subcommand::Validate || subcommand == Subcommand::Inspect; }

bool has_meaning(const OptionRow& row, Subcommand subcommand) {
  if (row.spelling == "--help") return true;
  if (row.spelling == "--wat") return subcommand == Subcommand::Inspect;
  return !takes_files(subcommand) || row.spelling == "-v" || row.spelling == "--enable";
}

/// Takes the option at `words[position]`, with its value if that is a word of its own, and moves `position` past both.
std::optional<Failure> take_option(std::span<const std::string_view> words, size_t& position, bool after_app,
                                   CommandLine& line) {
  const std::string_view word = words[position++];
  const size_t equals = word.find('=');
  const std::string_view name = word.substr(0, equals);
  const OptionRow* row = find_option(name);
  if (!row) return unknown_option(name, after_app);
  if (row->kind == OptionKind::Later) return usage("option " + quoted(row->spelling) + " is not supported yet");
  if (!has_meaning(*row, line.subcommand)) {
    const char* subcommand = line.subcommand == Subcommand::Validate  ? "validate"
                             : line.subcommand == Subcommand::Inspect ? "inspect"
                                                                      : "run";
    return usage("option " + quoted(name) + " has no meaning for " + subcommand);
  }

  std::string option(row->spelling);
  if (option == "-O") {
    // As compilers have it: the level in the same word.
    std::string_view level = word.substr(2);
    if (level.empty() && position < words.size()) level = words[position++];
    if (level.empty()) return usage("option '-O' needs a level: -O0 or -O2");
    option += level;
  } else if (row->kind == OptionKind::Flag) {
    if (equals != std::string_view::npos) return usage("option " + quoted(name) + " takes no value");
  } else {
    std::string_view value;
    if (equals != std::string_view::npos) {
      value = word.substr(equals + 1);
    } else if (row->kind == OptionKind::Optional) {
      value = "-";
    } else if (position < words.size()) {
      value = words[position++];
    }
    if (value.empty()) return usage("option " + quoted(name) + " needs a value");
    option += '=';
    option += value;
  }
  line.options.push_back(std::move(option));
  return std::nullopt;
}

/// Reads the subcommand, if the first word is one. `taken` says how many words it was.
std::optional<Failure> take_subcommand(std::span<const std::string_view> words, CommandLine& line, size_t& taken) {
  taken = 0;
  if (words.empty()) return std::nullopt;
  const std::string_view first = words[0];
  for (const std::string_view later : {"compile", "cache"}) {
    if (first == later)
      return usage("subcommand " + quoted(first) + " is not supported yet",
                   "To run a file of that name, write ./" + std::string(first) + ".");
  }
  if (first == "run") {
    line.subcommand = Subcommand::Run;
  } else if (first == "exec") {
    line.subcommand = Subcommand::Exec;
  } else if (first == "validate") {
    line.subcommand = Subcommand::Validate;
  } else if (first == "inspect") {
    line.subcommand = Subcommand::Inspect;
  } else if (first == "wast") {
    line.subcommand = Subcommand::Wast;
  } else {
    return std::nullopt;
  }
  taken = 1;
  return std::nullopt;
}

bool asks_for_text(const CommandLine& line) {
  for (const std::string& option : line.options) {
    if (option == "--help" || option == "--version") return true;
  }
  return false;
}

}  // namespace

std::optional<Failure> split_command_line(std::span<const std::string_view> words, CommandLine& line) {
  line = {};
  size_t position = 0;
  if (auto failure = take_subcommand(words, line, position)) return failure;

  if (line.subcommand == Subcommand::Wast) {
    line.guest_words.assign(words.begin() + 1, words.end());
    return std::nullopt;
  }
  bool options_ended = false;
  while (position < words.size()) {
    const std::string_view word = words[position];
    if (!options_ended && word == "--") {
      options_ended = true;
      ++position;
      // After APP the rest is the guest's; before it, APP is still to come.
      if (!line.files.empty() && !takes_files(line.subcommand)) break;
    } else if (!options_ended && looks_like_option(word)) {
      if (auto failure = take_option(words, position, !line.files.empty(), line)) return failure;
    } else if (line.files.empty() || takes_files(line.subcommand)) {
      line.files.emplace_back(word);
      ++position;
      if (line.subcommand == Subcommand::Exec) break;
    } else {
      break;  // the guest's first word
    }
  }
  for (const std::string_view word : words.subspan(position)) line.guest_words.emplace_back(word);

  if (line.files.empty() && !asks_for_text(line)) {
    return usage(takes_files(line.subcommand) ? "no file to look at" : "no program to run",
                 "Usage: wasmrun [OPTIONS] APP [OPTIONS] [--] [ARGS...]. See `wasmrun --help`.");
  }
  for (const std::string& file : line.files) {
    if (file.empty()) return usage("the name of the program is empty");
  }
  return std::nullopt;
}

}  // namespace wasmrun::cmd
