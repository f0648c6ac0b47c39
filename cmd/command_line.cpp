// Splits the words of the command line into wasmrun's and the guest's.
#include "cmd/command_line.h"

#include <algorithm>
#include <iterator>

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

const char* name_of(Subcommand subcommand) {
  switch (subcommand) {
    case Subcommand::Run:
    case Subcommand::Exec: return "run";
    case Subcommand::Compile: return "compile";
    case Subcommand::Validate: return "validate";
    case Subcommand::Inspect: return "inspect";
    case Subcommand::Wast: return "wast";
    case Subcommand::Cache: return "cache";
  }
  return "";
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
bool takes_files(Subcommand subcommand) {
  return subcommand == Subcommand::Validate || subcommand == Subcommand::Inspect || subcommand == Subcommand::Cache;
}

bool is_for_compile_alone(std::string_view option) { return option == "-o" || option == "--target-cpu" || option == "--exe"; }

bool has_meaning(const OptionRow& row, Subcommand subcommand) {
  if (row.spelling == "--help") return true;
  if (row.spelling == "--wat") return subcommand == Subcommand::Inspect;
  if (is_for_compile_alone(row.spelling)) return subcommand == Subcommand::Compile;
  // What a compiled file or an executable is given must be in it.
  if (row.spelling == "--allow-precompiled" || row.spelling == "--preload") return !takes_files(subcommand) && subcommand != Subcommand::Compile;
  if (row.spelling == "--json") return subcommand == Subcommand::Cache;
  if (subcommand == Subcommand::Cache && (row.spelling == "--cache-dir" || row.spelling == "--explicit-bounds-checks" || row.spelling == "--deterministic"))
    return true;
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
    return usage("option " + quoted(name) + " has no meaning for " + name_of(line.subcommand));
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
    if (option.starts_with("--")) option += '=';
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
  if (first == "run") {
    line.subcommand = Subcommand::Run;
  } else if (first == "exec") {
    line.subcommand = Subcommand::Exec;
  } else if (first == "compile") {
    line.subcommand = Subcommand::Compile;
  } else if (first == "validate") {
    line.subcommand = Subcommand::Validate;
  } else if (first == "inspect") {
    line.subcommand = Subcommand::Inspect;
  } else if (first == "wast") {
    line.subcommand = Subcommand::Wast;
  } else if (first == "cache") {
    line.subcommand = Subcommand::Cache;
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

/// `compile` without --exe makes a file that is given nothing: grants belong to its runs.
std::optional<Failure> check_compile_options(const CommandLine& line) {
  if (std::find(line.options.begin(), line.options.end(), "--exe") != line.options.end()) return std::nullopt;
  for (const std::string& option : line.options) {
    const std::string name = option.substr(0, option.starts_with("--") ? option.find('=') : 2);
    constexpr std::string_view kShapesCode[] = {"-O", "-o", "--target-cpu", "--explicit-bounds-checks", "--deterministic", "--enable", "-v", "--help", "--version"};
    if (std::find(std::begin(kShapesCode), std::end(kShapesCode), name) != std::end(kShapesCode)) continue;
    return usage("option " + quoted(name) + " has no meaning for compile without --exe", "Give it when the compiled file is run.");
  }
  return std::nullopt;
}

}  // namespace

std::vector<std::string> split_words(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  bool is_word = false;
  char quote = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\\' && quote != '\'' && i + 1 < text.size()) {
      word += text[++i];
      is_word = true;
    } else if (quote != 0 ? c == quote : c == '"' || c == '\'') {
      quote = quote != 0 ? 0 : c;
      is_word = true;
    } else if (quote == 0 && (c == ' ' || c == '\t' || c == '\n')) {
      if (is_word) words.push_back(std::move(word));
      word.clear();
      is_word = false;
    } else {
      word += c;
      is_word = true;
    }
  }
  if (is_word) words.push_back(std::move(word));
  return words;
}

std::optional<Failure> take_options(std::span<const std::string_view> words, CommandLine& line) {
  for (size_t position = 0; position < words.size();) {
    if (!looks_like_option(words[position])) return usage("unexpected word " + quoted(words[position]), "There are only options here.");
    if (auto failure = take_option(words, position, false, line)) return failure;
  }
  return std::nullopt;
}

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
    } else if (line.subcommand == Subcommand::Compile) {
      return usage("compile takes one program, and found " + quoted(word) + " too");
    } else {
      break;  // the guest's first word
    }
  }
  for (const std::string_view word : words.subspan(position)) line.guest_words.emplace_back(word);

  if (line.files.empty() && !asks_for_text(line)) {
    if (line.subcommand == Subcommand::Cache)
      return usage("what is to be done with the cache?", "Usage: wasmrun cache ls|stat|verify|gc|clear, or wasmrun cache why|warm APP...");
    return usage(takes_files(line.subcommand) ? "no file to look at" : "no program to run",
                 "Usage: wasmrun [OPTIONS] APP [OPTIONS] [--] [ARGS...]. See `wasmrun --help`.");
  }
  for (const std::string& file : line.files) {
    if (file.empty()) return usage("the name of the program is empty");
  }
  if (line.subcommand == Subcommand::Compile) {
    if (!line.guest_words.empty()) return usage("compile takes one program, and found " + quoted(line.guest_words.front()) + " too");
    return check_compile_options(line);
  }
  return std::nullopt;
}

}  // namespace wasmrun::cmd
