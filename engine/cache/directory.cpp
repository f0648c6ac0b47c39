// See directory.h. Everything goes by a descriptor of the directory, so that what was checked is what is used.
#include "engine/cache/directory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstring>

#include "engine/cache/bytes.h"

namespace wasmrun::cache {
namespace {

constexpr int64_t kDaySeconds = 24 * 60 * 60;
/// So old is no draft of a living process.
constexpr int64_t kDraftSeconds = 60 * 60;
constexpr std::string_view kDraftPrefix = ".new-";

Error io_error(std::string what) { return Error{ErrorKind::Io, std::move(what)}; }
Error system_error(std::string_view what) { return io_error(std::string(what) + ": " + std::strerror(errno)); }

/// What is wrong with a file or directory that code is to be read from; empty when nothing is.
std::string_view why_not_trusted(const struct stat& status) {
  if (status.st_uid != ::geteuid()) return "belongs to another user";
  if (status.st_mode & (S_IWGRP | S_IWOTH)) return "can be written by others";
  return {};
}

void make_with_parents(const std::string& path) {
  for (size_t end = path.find('/', 1); end != std::string::npos; end = path.find('/', end + 1)) ::mkdir(path.substr(0, end).c_str(), 0700);
  ::mkdir(path.c_str(), 0700);
}

std::string new_draft_name() {
  static std::atomic<uint32_t> count{0};
  return std::string(kDraftPrefix) + std::to_string(::getpid()) + "-" + std::to_string(count++);
}

int64_t now_seconds() { return ::time(nullptr); }

}  // namespace

std::string choose_path(const char* wasmrun_cache_dir, const char* xdg_cache_home, const char* home) {
  if (wasmrun_cache_dir && *wasmrun_cache_dir) return wasmrun_cache_dir;
  if (xdg_cache_home && *xdg_cache_home == '/') return std::string(xdg_cache_home) + "/wasmrun";
  if (home && *home == '/') return std::string(home) + "/.cache/wasmrun";
  return {};
}

Draft::Draft(Draft&& other) noexcept
    : directory_(other.directory_), file_(std::move(other.file_)), name_(std::exchange(other.name_, {})) {}

Draft::~Draft() {
  if (!name_.empty()) ::unlinkat(directory_, name_.c_str(), 0);
}

Result<Directory> Directory::open(const std::string& path, bool create) {
  constexpr int kFlags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
  OwnedFd directory(::open(path.c_str(), kFlags));
  if (!directory.valid() && errno == ENOENT && create) {
    make_with_parents(path);
    directory.reset(::open(path.c_str(), kFlags));
  }
  if (!directory.valid()) return system_error("cannot open the cache " + path);
  Result<Directory> result = adopt(std::move(directory));
  if (!result.ok()) return io_error("the cache " + path + " " + result.error().message);
  return result;
}

Result<Directory> Directory::adopt(OwnedFd directory) {
  struct stat status;
  if (::fstat(directory.get(), &status) != 0) return system_error("cannot be looked at");
  if (!S_ISDIR(status.st_mode)) return io_error("is no directory");
  if (const auto problem = why_not_trusted(status); !problem.empty()) return io_error(std::string(problem));
  return Directory(std::move(directory));
}

Result<Entry> Directory::open_file(const Key& key, int flags) const {
  const std::string name = file_name(key);
  // Not to wait for a pipe's writer.
  OwnedFd file(::openat(directory_.get(), name.c_str(), flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600));
  if (!file.valid()) return errno == ENOENT ? io_error("no entry") : system_error("cannot open the entry " + name);
  struct stat status;
  if (::fstat(file.get(), &status) != 0) return system_error("cannot look at the entry " + name);
  if (!S_ISREG(status.st_mode)) return io_error("the entry " + name + " is no file");
  if (const auto problem = why_not_trusted(status); !problem.empty()) return io_error("the entry " + name + " " + std::string(problem));
  Entry entry{std::move(file), static_cast<uint64_t>(status.st_size), {}};
  if (status.st_mtime < now_seconds() - kDaySeconds) ::futimens(entry.file.get(), nullptr);
  return entry;
}

Result<Entry> Directory::find(const Key& key) const {
  Entry entry = TRY(open_file(key, O_RDONLY));
  std::string bytes(kLabelBytes, '\0');
  if (!read_exactly(entry.file.get(), bytes.data(), bytes.size(), 0)) return io_error("the entry " + file_name(key) + " is cut off");
  auto label = read_label(bytes);
  if (!label) return io_error("the entry " + file_name(key) + " has no label");
  entry.label = std::move(*label);
  return entry;
}

bool Directory::has(const Key& key) const {
  return ::faccessat(directory_.get(), file_name(key).c_str(), F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

Result<Draft> Directory::begin(const Label& label) const {
  // A file without name goes with its process. Not every file system has them.
  OwnedFd file(::openat(directory_.get(), ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  std::string name;
  if (!file.valid()) {
    name = new_draft_name();
    file.reset(::openat(directory_.get(), name.c_str(), O_CREAT | O_EXCL | O_RDWR | O_NOFOLLOW | O_CLOEXEC, 0600));
  }
  if (!file.valid()) return system_error("cannot write to the cache");
  Draft draft(directory_.get(), std::move(file), std::move(name));
  const std::string bytes = write_label(label);
  if (!write_all(draft.file(), bytes.data(), bytes.size())) return system_error("cannot write to the cache");
  return draft;
}

Result<void> Directory::publish(Draft draft, const Key& key) const {
  const std::string name = file_name(key);
  if (draft.name_.empty()) {
    const std::string place = "/proc/self/fd/" + std::to_string(draft.file());
    const auto link_as = [&](const std::string& as) {
      return ::linkat(AT_FDCWD, place.c_str(), directory_.get(), as.c_str(), AT_SYMLINK_FOLLOW) == 0;
    };
    if (link_as(name)) return {};
    if (errno != EEXIST) return system_error("cannot name a new entry of the cache");
    std::string draft_name = new_draft_name();
    if (!link_as(draft_name)) return system_error("cannot name a new entry of the cache");
    draft.name_ = std::move(draft_name);
  }
  if (::renameat(directory_.get(), draft.name_.c_str(), directory_.get(), name.c_str()) != 0) return system_error("cannot name a new entry of the cache");
  draft.name_.clear();
  return {};
}

bool Directory::remove(const Key& key) const { return ::unlinkat(directory_.get(), file_name(key).c_str(), 0) == 0; }

std::vector<Directory::Item> Directory::list() const {
  std::vector<Item> items;
  // A descriptor of its own, because reading moves it.
  OwnedFd copy(::openat(directory_.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  DIR* const stream = copy.valid() ? ::fdopendir(copy.get()) : nullptr;
  if (!stream) return items;
  copy.release();
  while (const dirent* entry = ::readdir(stream)) {
    struct stat status;
    if (::fstatat(directory_.get(), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(status.st_mode)) continue;
    items.push_back({entry->d_name, parse_file_name(entry->d_name), static_cast<uint64_t>(status.st_size), status.st_mtime});
  }
  ::closedir(stream);
  return items;
}

Directory::Removed Directory::collect(uint64_t max_bytes) const {
  std::vector<Item> items = list();
  std::sort(items.begin(), items.end(), [](const Item& left, const Item& right) { return left.used_at < right.used_at; });
  uint64_t total = 0;
  for (const Item& item : items) {
    if (item.key) total += item.size_bytes;
  }
  Removed removed;
  for (const Item& item : items) {
    const bool is_left_over = item.name.starts_with(kDraftPrefix) && item.used_at < now_seconds() - kDraftSeconds;
    if (!is_left_over && (!item.key || total <= max_bytes)) continue;
    if (::unlinkat(directory_.get(), item.name.c_str(), 0) != 0) continue;
    ++removed.files;
    removed.bytes += item.size_bytes;
    if (item.key) total -= item.size_bytes;
  }
  return removed;
}

Directory::Removed Directory::clear() const {
  Removed removed;
  for (const Item& item : list()) {
    if (!item.key && !item.name.starts_with(kDraftPrefix)) continue;  // not ours
    if (::unlinkat(directory_.get(), item.name.c_str(), 0) != 0) continue;
    ++removed.files;
    removed.bytes += item.size_bytes;
  }
  return removed;
}

}  // namespace wasmrun::cache
