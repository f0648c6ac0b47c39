// `wasmrun cache`: what is in the code cache, why a program is or is not in it, filling and emptying it.
#include <stdio.h>
#include <time.h>

#include <algorithm>
#include <string>
#include <vector>

#include "cmd/cache_options.h"
#include "cmd/load.h"
#include "cmd/progress.h"
#include "cmd/read_app.h"
#include "cmd/run_options.h"
#include "cmd/subcommands.h"
#include "engine/cache/cluster_log.h"

namespace wasmrun::cmd {
namespace {

/// A JSON string. Bytes that are no UTF-8 are the host's file names; they are passed on.
std::string json(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') result += '\\';
    if (static_cast<unsigned char>(c) < 0x20) {
      char escape[8];
      ::snprintf(escape, sizeof escape, "\\u%04x", static_cast<unsigned>(c));
      result += escape;
    } else {
      result += c;
    }
  }
  return result + "\"";
}

std::string size_text(uint64_t bytes) {
  char text[32];
  if (bytes < 10 << 10) ::snprintf(text, sizeof text, "%llu B", static_cast<unsigned long long>(bytes));
  else if (bytes < uint64_t{10} << 20) ::snprintf(text, sizeof text, "%.1f KiB", static_cast<double>(bytes) / 1024);
  else ::snprintf(text, sizeof text, "%.1f MiB", static_cast<double>(bytes) / (1 << 20));
  return text;
}

std::string time_text(int64_t seconds) {
  const time_t time = seconds;
  tm parts{};
  char text[32];
  if (!::gmtime_r(&time, &parts) || ::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts) == 0) return "?";
  return text;
}

std::string padded(std::string text, size_t width) {
  text.resize(std::max(text.size(), width), ' ');
  return text;
}

/// One `wasmrun cache` command.
class CacheCommand {
 public:
  CacheCommand(const CommandLine& line, const RunOptions& options)
      : action_(line.files.front()), files_(line.files.begin() + 1, line.files.end()), options_(options), cache_(cache_options(options)), log_(options.verbose) {}

  int run() {
    const bool takes_programs = action_ == "why" || action_ == "warm";
    if (!takes_programs && action_ != "ls" && action_ != "stat" && action_ != "verify" && action_ != "gc" && action_ != "clear")
      return fail({kFailed, quoted(action_) + " is nothing that can be done with the cache", "There are ls, stat, verify, gc, clear, why APP and warm APP."});
    if (takes_programs && files_.empty()) return fail({kFailed, "cache " + action_ + " needs a program", "Usage: wasmrun cache " + action_ + " APP..."});
    if (!takes_programs && !files_.empty()) return fail({kFailed, "cache " + action_ + " takes no file, and found " + quoted(files_.front())});
    if (cache_.directory.empty()) return fail({kFailed, "there is no cache: none of HOME, XDG_CACHE_HOME and WASMRUN_CACHE_DIR is set", "Name one with --cache-dir DIR."});
    if (takes_programs) return for_each_program();
    // One that is not there yet is empty.
    auto directory = cache::Directory::open(cache_.directory, true);
    if (!directory.ok()) return fail({kFailed, directory.error().message});
    if (action_ == "ls") return list(directory.value());
    if (action_ == "stat") return describe(directory.value());
    if (action_ == "verify") return verify(directory.value());
    return remove(action_ == "gc" ? directory.value().collect(cache_.max_bytes) : directory.value().clear());
  }

 private:
  /// The entries, what was used last first.
  static std::vector<cache::Directory::Item> entries(const cache::Directory& directory) {
    std::vector<cache::Directory::Item> items = directory.list();
    std::erase_if(items, [](const auto& item) { return !item.key; });
    std::sort(items.begin(), items.end(), [](const auto& left, const auto& right) {
      return left.used_at != right.used_at ? left.used_at > right.used_at : left.name < right.name;
    });
    return items;
  }

  int list(const cache::Directory& directory) {
    std::string text;
    for (const auto& item : entries(directory)) {
      const auto entry = directory.find(*item.key);
      const std::string kind = cache::to_string(item.key->kind), app = entry.ok() ? entry.value().label.app : "";
      std::string state = entry.ok() ? "" : entry.error().message;
      if (entry.ok() && item.key->kind == cache::Kind::Clusters) {
        const auto progress = cache::ClusterLog::look(entry.value());
        state = !progress            ? "damaged"
                : progress->given_up ? "given up: " + *progress->given_up
                                     : std::to_string(progress->done) + " of " + std::to_string(progress->of);
      }
      if (options_.json) {
        text += std::string(text.empty() ? "" : ",\n ") + "{\"file\": " + json(item.name) + ", \"app\": " + json(app) + ", \"kind\": " + json(kind) +
                ", \"bytes\": " + std::to_string(item.size_bytes) + ", \"used_at\": " + std::to_string(item.used_at) + ", \"state\": " + json(state) + "}";
      } else {
        text += padded(kind, 10) + " " + padded(size_text(item.size_bytes), 11) + " " + time_text(item.used_at) + "  " + item.name.substr(0, 12) + "  " + app +
                (state.empty() ? "" : "  (" + state + ")") + "\n";
      }
    }
    return print_to_stdout(options_.json ? "[" + text + "]\n" : text);
  }

  int describe(const cache::Directory& directory) {
    uint64_t count[3] = {}, bytes[3] = {}, all = 0;
    for (const auto& item : entries(directory)) {
      ++count[static_cast<size_t>(item.key->kind)];
      bytes[static_cast<size_t>(item.key->kind)] += item.size_bytes;
      all += item.size_bytes;
    }
    constexpr cache::Kind kKinds[] = {cache::Kind::Optimized, cache::Kind::Baseline, cache::Kind::Clusters};
    std::string text;
    if (options_.json) {
      text = "{\"directory\": " + json(cache_.directory) + ", \"bytes\": " + std::to_string(all) + ", \"max_bytes\": " + std::to_string(cache_.max_bytes);
      for (const cache::Kind kind : kKinds) {
        const auto i = static_cast<size_t>(kind);
        text += ", " + json(cache::to_string(kind)) + ": {\"entries\": " + std::to_string(count[i]) + ", \"bytes\": " + std::to_string(bytes[i]) + "}";
      }
      return print_to_stdout(text + "}\n");
    }
    text = "directory  " + cache_.directory + "\nsize       " + size_text(all) + " of at most " + size_text(cache_.max_bytes) + "\n";
    for (const cache::Kind kind : kKinds) {
      const auto i = static_cast<size_t>(kind);
      text += padded(cache::to_string(kind), 10) + " " + std::to_string(count[i]) + ", " + size_text(bytes[i]) + "\n";
    }
    return print_to_stdout(text);
  }

  std::optional<Failure> create_engine(CompileProgress progress = {}) {
    EngineOptions given{.compiler = CompilerChoice::Automatic,
                        .explicit_bounds_checks = options_.explicit_bounds_checks,
                        .canonical_nans = options_.deterministic_seed.has_value(),
                        .progress = std::move(progress),
                        .features = options_.features,
                        .cache = cache_};
    auto engine = Engine::create(given);
    if (!engine.ok()) return Failure{kFailed, engine.error().to_string()};
    engine_ = std::move(engine).value();
    return std::nullopt;
  }

  /// 0 when nothing is damaged, 1 otherwise.
  int verify(const cache::Directory& directory) {
    if (auto failure = create_engine()) return fail(*failure);
    std::string text;
    size_t damaged = 0, checked = 0;
    for (const auto& item : entries(directory)) {
      const std::string problem = engine_->check_cache_entry(item.name);
      ++checked;
      if (!problem.empty()) ++damaged;
      if (options_.json) {
        text += std::string(checked == 1 ? "" : ",\n ") + "{\"file\": " + json(item.name) + ", \"problem\": " + (problem.empty() ? "null" : json(problem)) + "}";
      } else if (!problem.empty()) {
        text += item.name + ": " + problem + "\n";
      }
    }
    if (options_.json) text = "[" + text + "]\n";
    else text += std::to_string(checked) + (checked == 1 ? " entry" : " entries") + ", " + std::to_string(damaged) + " damaged\n";
    const int status = print_to_stdout(text);
    return status == kSuccess && damaged > 0 ? 1 : status;
  }

  int remove(const cache::Directory::Removed& removed) {
    if (options_.json) return print_to_stdout("{\"removed\": " + std::to_string(removed.files) + ", \"bytes\": " + std::to_string(removed.bytes) + "}\n");
    return print_to_stdout("removed " + std::to_string(removed.files) + (removed.files == 1 ? " file, " : " files, ") + size_text(removed.bytes) + "\n");
  }

  int for_each_program() {
    int status = kSuccess;
    for (const std::string& file : files_) {
      Progress progress(file, action_ == "warm" && !options_.verbose);
      if (auto failure = create_engine(progress.callback())) return fail(*failure);
      const auto failure = action_ == "why" ? explain(file) : warm(file);
      progress.clear();
      if (!failure) continue;
      const int failed_with = fail(*failure);
      if (status == kSuccess) status = failed_with;
    }
    return status;
  }

  std::optional<Failure> read(const std::string& file, std::vector<uint8_t>& bytes) {
    if (auto failure = read_app(file, bytes)) return failure;
    return foreign_format(file, bytes);
  }

  std::optional<Failure> explain(const std::string& file) {
    std::vector<uint8_t> bytes;
    if (auto failure = read(file, bytes)) return failure;
    const auto findings = engine_->explain_cache(std::move(bytes));
    if (!findings.ok()) return describe_error(file, findings.error());
    const auto& all = findings.value();
    const auto hit = std::find_if(all.begin(), all.end(), [](const CacheFinding& finding) { return finding.is_hit && finding.kind != "clusters"; });
    std::string text;
    if (options_.json) {
      for (const CacheFinding& finding : all) {
        text += std::string(text.empty() ? "" : ", ") + json(finding.kind) + ": {\"hit\": " + (finding.is_hit ? "true" : "false") + ", \"file\": " + json(finding.file) +
                ", \"reason\": " + json(finding.reason) + ", \"others\": [";
        for (size_t i = 0; i < finding.others.size(); ++i) text += (i ? ", " : "") + json(finding.others[i]);
        text += "]}";
      }
      text = "{\"app\": " + json(file) + ", \"starts_on\": " + (hit == all.end() ? "null" : json(hit->kind)) + ", " + text + "}\n";
    } else {
      text = file + ": " + (hit == all.end() ? "is compiled when it starts" : "starts on " + hit->kind + " code from the cache") + "\n";
      for (const CacheFinding& finding : all) {
        text += "  " + padded(finding.kind, 10) + " " + (finding.is_hit && finding.reason.empty() ? "there" : finding.reason) + "\n";
        for (const std::string& other : finding.others) text += "    " + other + "\n";
      }
    }
    if (print_to_stdout(text) != kSuccess) return Failure{kFailed, "cannot write to standard output"};
    return std::nullopt;
  }

  std::optional<Failure> warm(const std::string& file) {
    std::vector<uint8_t> bytes;
    if (auto failure = read(file, bytes)) return failure;
    const auto done = engine_->optimize(std::move(bytes), file_name(file));
    if (!done.ok() && done.error().kind == ErrorKind::Unsupported)
      return Failure{kFailed, quoted(file) + " cannot be compiled for speed: " + done.error().to_string()};
    if (!done.ok()) return describe_error(file, done.error());
    if (log_.on()) log_.say(file + (done.value() ? ": optimized" : ": was optimized already"));
    return std::nullopt;
  }

  const std::string action_;
  const std::vector<std::string> files_;
  const RunOptions& options_;
  const CacheOptions cache_;
  Log log_;
  std::unique_ptr<Engine> engine_;
};

}  // namespace

int cache(const CommandLine& line) {
  RunOptions options;
  if (auto failure = parse_run_options(line, options)) return fail(*failure);
  return CacheCommand(line, options).run();
}

}  // namespace wasmrun::cmd
