// The cache as the engine uses it: which entry a module would have, reading one, writing one, compiling for it.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "engine/base/xxh3.h"
#include "engine/binary/read_module.h"
#include "engine/cache/cluster_log.h"
#include "engine/engine_impl.h"
#include "engine/runtime/loaded_module.h"

namespace wasmrun {

using cache::Key;
using cache::Kind;
using cache::Label;
using Wait = cache::ClusterLog::Wait;
using runtime::LoadedModule;

namespace {

constexpr module::Feature kFeatures[] = {
#define FEATURE(name, ...) module::Feature::name,
#include "engine/module/features.def"
#undef FEATURE
};

std::span<const uint8_t> bytes_of(std::string_view text) { return {reinterpret_cast<const uint8_t*>(text.data()), text.size()}; }

/// Lines "name=value" that differ when and only when the identities do.
std::string to_text(const artifact::Identity& identity) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text = "build=";
  for (const uint8_t byte : identity.build) text += {kDigits[byte >> 4], kDigits[byte & 15]};
  text += "\ncompiler=" + identity.compiler + "\nprocessor=" + identity.cpu.to_string();
  text += identity.guard_pages ? "\nbounds=guard pages" : "\nbounds=explicit checks";
  text += identity.canonical_nans ? "\nnans=canonical" : "\nnans=any";
  text += "\nlevel=" + std::to_string(identity.level) + "\nfeatures=";
  for (const module::Feature feature : kFeatures) {
    if (identity.features.has(feature)) text += std::string(text.back() == '=' ? "" : " ") + module::to_string(feature);
  }
  return text + "\n";
}

/// The values of the lines that are in both texts and differ: "processor=a, not b".
std::string difference(std::string_view found, std::string_view expected) {
  const auto next_line = [](std::string_view& text) {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return line;
  };
  std::string differences;
  while (!found.empty() && !expected.empty()) {
    const std::string_view left = next_line(found), right = next_line(expected);
    const size_t equals = right.find('=');
    if (left == right || equals == std::string_view::npos) continue;
    if (!differences.empty()) differences += "; ";
    differences += left;
    differences += ", not ";
    differences += right.substr(equals + 1);
  }
  return differences;
}

struct Target {
  artifact::Identity identity;
  Key key;
  Label label;
};

Target target_of(const EngineImpl& engine, const Hash128& hash, Kind kind, std::string_view app = {}) {
  Target target{engine.identity(kind != Kind::Baseline), {}, {std::string(app), {}}};
  target.label.identity = to_text(target.identity);
  target.key = {hash.high, hash.low, xxh3_64(bytes_of(target.label.identity)), kind};
  return target;
}

/// The module of an entry, if it is exactly `binary`.
Result<std::shared_ptr<const LoadedModule>> load_entry(EngineImpl& engine, const cache::Directory& directory, const Target& target,
                                                       std::span<const uint8_t> binary) {
  const cache::Entry entry = TRY(directory.find(target.key));
  // Two modules may have the same hash.
  auto loaded = TRY(engine.load_artifact_of(target.identity, entry.file.get(), cache::kLabelBytes, binary));
  const_cast<LoadedModule&>(*loaded).is_from_cache = true;  // nobody else has it yet
  return loaded;
}

/// Keeps the objects of clusters in a log.
class LogStore final : public ObjectStore {
 public:
  explicit LogStore(cache::ClusterLog log) : log_(std::move(log)) {}
  std::optional<std::string> find(uint32_t cluster) override { return log_.read(cluster); }
  // Without space for its log a compilation still ends.
  void keep(uint32_t cluster, std::string_view object) override { (void)log_.append(cluster, object); }
  cache::ClusterLog& log() { return log_; }

 private:
  cache::ClusterLog log_;
};

}  // namespace

cache::Directory* EngineImpl::open_cache(bool create, std::string& problem) {
  const std::lock_guard lock(cache_mutex);
  if (cache) return &*cache;
  if (cache_options.descriptor < 0 && cache_options.directory.empty()) return nullptr;
  auto opened = cache_options.descriptor >= 0
                    ? cache::Directory::adopt(OwnedFd(::fcntl(cache_options.descriptor, F_DUPFD_CLOEXEC, 0)))
                    : cache::Directory::open(cache_options.directory, create);
  if (opened.ok()) return &cache.emplace(std::move(opened).value());
  // One that is not there yet is no problem.
  if (create || ::access(cache_options.directory.c_str(), F_OK) == 0 || errno != ENOENT) problem = opened.error().message;
  return nullptr;
}

int EngineImpl::cache_descriptor() {
  std::string ignored;
  const cache::Directory* const directory = open_cache(true, ignored);
  return directory ? directory->descriptor() : -1;
}

std::shared_ptr<const LoadedModule> EngineImpl::find_in_cache(std::span<const uint8_t> binary, std::string& problem) {
  const cache::Directory* const directory = open_cache(false, problem);
  if (!directory) return nullptr;
  const bool looks_for_optimized = choice != CompilerChoice::Baseline && !optimizing_compiler_name().empty();
  const bool looks_for_baseline = choice != CompilerChoice::Optimizing;
  const Hash128 hash = xxh3_128(binary);
  for (const Kind kind : {Kind::Optimized, Kind::Baseline}) {
    if (!(kind == Kind::Optimized ? looks_for_optimized : looks_for_baseline)) continue;
    auto loaded = load_entry(*this, *directory, target_of(*this, hash, kind), binary);
    if (loaded.ok()) return std::move(loaded).value();
    if (loaded.error().message != "no entry") problem = loaded.error().message;
  }
  return nullptr;
}

Result<std::shared_ptr<const LoadedModule>> EngineImpl::load(std::vector<uint8_t> bytes, std::string_view app) {
  std::vector<uint8_t> binary = TRY(binary_form(std::move(bytes), features));
  std::string problem;
  if (auto cached = find_in_cache(binary, problem)) return cached;
  module::Module decoded = TRY(binary::read_module(std::move(binary), *types, features));
  const bool optimized = choice == CompilerChoice::Optimizing;
  const cache::Directory* const directory = optimized ? open_cache(true, problem) : nullptr;
  auto loaded = TRY(directory ? compile_for_cache(*directory, std::move(decoded), app, Wait::WhileItGrows)
                              : compile_module(std::move(decoded), optimized, nullptr));
  if (!problem.empty()) const_cast<LoadedModule&>(*loaded).cache_problem = std::move(problem);  // nobody else has it yet
  return loaded;
}

Result<std::shared_ptr<const LoadedModule>> EngineImpl::compile_for_cache(const cache::Directory& directory, module::Module decoded,
                                                                          std::string_view app, Wait wait) {
  const SharedBytes binary = decoded.bytes;
  const Hash128 hash = xxh3_128(binary.span());
  const Target target = target_of(*this, hash, Kind::Clusters, app);
  // The division into clusters is the compiler's.
  const auto clusters = TRY(TRY(load_optimizing())->begin(decoded, compile_options))->clusters().size();
  auto log = cache::ClusterLog::open(directory, target.key, target.label, binary.span(), static_cast<uint32_t>(clusters), wait);
  if (!log.ok() && wait == Wait::Yes) return std::move(log).error();
  std::optional<LogStore> store;
  if (log.ok() && log.value()) store.emplace(std::move(*log.value()));
  if (auto made_meanwhile = load_entry(*this, directory, target_of(*this, hash, Kind::Optimized), binary.span()); made_meanwhile.ok()) {
    if (store) directory.remove(target.key);
    return made_meanwhile;
  }
  const auto given_up = store ? store->log().given_up() : std::nullopt;
  auto compiled = compile_module(std::move(decoded), !given_up, store ? &*store : nullptr);
  if (!compiled.ok()) {
    if (store && compiled.error().kind != ErrorKind::Io) directory.remove(target.key);
    return compiled;
  }
  auto& loaded = const_cast<LoadedModule&>(*compiled.value());  // nobody else has it yet
  if (given_up) loaded.not_optimized = *given_up;
  // So that nobody tries again.
  else if (store && !loaded.is_optimized) (void)store->log().give_up(loaded.not_optimized);
  if (loaded.is_optimized) {
    if (Result<void> kept = keep(loaded, app); !kept.ok()) loaded.cache_problem = kept.error().message;
  }
  return compiled;
}

Result<void> EngineImpl::keep(const LoadedModule& loaded, std::string_view app) {
  std::string problem = "there is no cache";
  const cache::Directory* const directory = open_cache(true, problem);
  if (!directory) return Error{ErrorKind::Io, problem};
  const Hash128 hash = xxh3_128(loaded.module.bytes.span());
  const Target target = target_of(*this, hash, loaded.is_optimized ? Kind::Optimized : Kind::Baseline, app);
  cache::Draft draft = TRY(directory->begin(target.label));
  TRY(write_artifact(loaded, draft.file()));
  TRY(directory->publish(std::move(draft), target.key));
  if (loaded.is_optimized) {
    // What it was made of and what it takes the place of.
    directory->remove(target.key.with(Kind::Clusters));
    directory->remove(target_of(*this, hash, Kind::Baseline).key);
  }
  directory->collect(cache_options.max_bytes);
  return {};
}

bool EngineImpl::can_optimize(const LoadedModule& loaded) {
  std::string ignored;
  if (loaded.is_optimized || optimizing_compiler_name().empty()) return false;
  const cache::Directory* const directory = open_cache(true, ignored);
  if (!directory) return false;
  const Target target = target_of(*this, xxh3_128(loaded.module.bytes.span()), Kind::Clusters);
  const auto log = directory->find(target.key);
  if (!log.ok()) return true;
  const auto progress = cache::ClusterLog::look(log.value());
  return !progress || !progress->given_up;
}

Result<bool> EngineImpl::optimize(std::vector<uint8_t> bytes, std::string_view app) {
  const SharedBytes binary(TRY(binary_form(std::move(bytes), features)));
  std::string problem = "there is no cache";
  const cache::Directory* const directory = open_cache(true, problem);
  if (!directory) return Error{ErrorKind::Io, problem};
  if (load_entry(*this, *directory, target_of(*this, xxh3_128(binary.span()), Kind::Optimized), binary.span()).ok()) return false;
  const auto loaded = TRY(compile_for_cache(*directory, TRY(binary::read_module(binary, *types, features)), app, Wait::Yes));
  if (!loaded->is_optimized) return Error{ErrorKind::Unsupported, loaded->not_optimized};
  if (!loaded->cache_problem.empty()) return Error{ErrorKind::Io, loaded->cache_problem};
  return !loaded->is_from_cache;
}

Result<std::vector<CacheFinding>> EngineImpl::explain_cache(std::vector<uint8_t> bytes) {
  const std::vector<uint8_t> binary = TRY(binary_form(std::move(bytes), features));
  std::string problem = "there is no cache";
  const cache::Directory* const directory = open_cache(false, problem);
  if (!directory) return Error{ErrorKind::Io, problem};
  const std::vector<cache::Directory::Item> items = directory->list();
  const Hash128 hash = xxh3_128(binary);
  std::vector<CacheFinding> findings;
  for (const Kind kind : {Kind::Optimized, Kind::Clusters, Kind::Baseline}) {
    const Target target = target_of(*this, hash, kind);
    CacheFinding& finding = findings.emplace_back();
    finding.kind = cache::to_string(kind);
    finding.file = cache::file_name(target.key);
    if (kind != Kind::Baseline && optimizing_compiler_name().empty()) {
      finding.reason = "the optimizing compiler is not installed";
    } else if (kind == Kind::Clusters) {
      const auto entry = directory->find(target.key);
      const auto progress = entry.ok() ? cache::ClusterLog::look(entry.value()) : std::nullopt;
      finding.is_hit = progress && !progress->given_up;
      if (!entry.ok()) finding.reason = entry.error().message;
      else if (!progress) finding.reason = "the entry is damaged";
      else if (progress->given_up) finding.reason = "given up: " + *progress->given_up;
      else finding.reason = std::to_string(progress->done) + " of " + std::to_string(progress->of);
    } else {
      const auto loaded = load_entry(*this, *directory, target, binary);
      finding.is_hit = loaded.ok();
      if (!loaded.ok()) finding.reason = loaded.error().message;
    }
    for (const auto& item : items) {
      if (!item.key || item.key->kind != kind || !item.key->same_module(target.key) || *item.key == target.key) continue;
      const auto entry = directory->find(*item.key);
      finding.others.push_back(item.name + ": " + (entry.ok() ? difference(entry.value().label.identity, target.label.identity) : entry.error().message));
    }
  }
  return findings;
}

std::string EngineImpl::check_cache_entry(const std::string& file) {
  std::string problem = "there is no cache";
  const cache::Directory* const directory = open_cache(false, problem);
  if (!directory) return problem;
  const auto key = cache::parse_file_name(file);
  if (!key) return "is no entry of this version's";
  const auto entry = directory->find(*key);
  if (!entry.ok()) return entry.error().message;
  if (xxh3_64(bytes_of(entry.value().label.identity)) != key->identity) return "its label is of another entry";
  if (key->kind == Kind::Clusters) {
    return cache::ClusterLog::find_damage(entry.value());
  }
  const auto artifact = artifact::open(entry.value().file.get(), cache::kLabelBytes, nullptr);
  if (!artifact.ok()) return artifact.error().message;
  if (to_text(artifact.value().identity) != entry.value().label.identity) return "its label is not that of its code";
  const Hash128 hash = xxh3_128(artifact.value().module.span());
  if (hash.high != key->module_high || hash.low != key->module_low) return "its name is of another module";
  return {};
}

}  // namespace wasmrun
