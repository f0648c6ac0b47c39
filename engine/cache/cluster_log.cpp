// See cluster_log.h.
#include "engine/cache/cluster_log.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <thread>
#include <vector>

#include "engine/base/xxh3.h"
#include "engine/cache/bytes.h"

namespace wasmrun::cache {
namespace {

constexpr uint64_t kHeadMagic = 0x31676f6c2d727377;     // "wsr-log1"
constexpr uint64_t kClusterMagic = 0x31756c632d727377;  // "wsr-clu1"
constexpr uint64_t kChunkBytes = uint64_t{1} << 20;
/// Wait::WhileItGrows: how often it looks, and how long nothing may happen.
constexpr std::chrono::milliseconds kBetweenLooks{20};
constexpr std::chrono::seconds kPatience{10};

struct Head {
  uint64_t magic = kHeadMagic;
  uint64_t module_bytes = 0;
  uint64_t clusters = 0;
};

struct ClusterHead {
  uint64_t magic = kClusterMagic;
  uint64_t cluster = 0;
  uint64_t size_bytes = 0;
  uint64_t checksum = 0;
};

uint64_t checksum_of(std::string_view bytes) {
  return xxh3_64({reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()});
}

Error system_error(const char* what) { return Error{ErrorKind::Io, std::string(what) + ": " + std::strerror(errno)}; }

/// Whether the file has these bytes at `offset`.
bool holds(int file, uint64_t offset, std::span<const uint8_t> bytes) {
  std::vector<uint8_t> chunk(std::min<uint64_t>(kChunkBytes, bytes.size()));
  while (!bytes.empty()) {
    const auto part = bytes.first(std::min(bytes.size(), chunk.size()));
    if (!read_exactly(file, chunk.data(), part.size(), offset)) return false;
    if (!std::equal(part.begin(), part.end(), chunk.begin())) return false;
    bytes = bytes.subspan(part.size());
    offset += part.size();
  }
  return true;
}

/// Whether a file has grown within kPatience.
class GrowthWatch {
 public:
  bool goes_on(int file) {
    struct stat status;
    const auto now = std::chrono::steady_clock::now();
    if (::fstat(file, &status) == 0 && status.st_size > size_) {
      size_ = status.st_size;
      grown_at_ = now;
    }
    return now - grown_at_ < kPatience;
  }

 private:
  off_t size_ = 0;
  std::chrono::steady_clock::time_point grown_at_ = std::chrono::steady_clock::now();
};

bool is_still_there(int directory, int file, const std::string& name) {
  struct stat by_name, by_descriptor;
  return ::fstatat(directory, name.c_str(), &by_name, AT_SYMLINK_NOFOLLOW) == 0 && ::fstat(file, &by_descriptor) == 0 &&
         by_name.st_ino == by_descriptor.st_ino && by_name.st_dev == by_descriptor.st_dev;
}

}  // namespace

Result<std::optional<ClusterLog>> ClusterLog::open(const Directory& directory, const Key& key, const Label& label,
                                                   std::span<const uint8_t> module, uint32_t clusters, Wait wait) {
  const std::string name = file_name(key);
  GrowthWatch growth;
  for (;;) {
    Result<Entry> entry = directory.open_file(key, O_RDWR | O_CREAT);
    if (!entry.ok()) return std::move(entry).error();
    OwnedFd file = std::move(entry.value().file);
    int locked;
    do locked = ::flock(file.get(), LOCK_EX | (wait == Wait::Yes ? 0 : LOCK_NB));
    while (locked != 0 && errno == EINTR);
    if (locked != 0 && errno == EWOULDBLOCK) {
      if (wait == Wait::No || !growth.goes_on(file.get())) return std::optional<ClusterLog>();
      std::this_thread::sleep_for(kBetweenLooks);
      continue;
    }
    if (locked != 0) return system_error("cannot lock a log of the cache");
    // Whoever had the lock may have finished and removed the file.
    if (!is_still_there(directory.descriptor(), file.get(), name)) continue;

    ClusterLog log(std::move(file));
    struct stat status;
    if (::fstat(log.file_.get(), &status) != 0) return system_error("cannot read a log of the cache");
    if (log.read_head(label, module, clusters)) {
      log.read_places(static_cast<uint64_t>(status.st_size));
    } else if (!log.write_head(label, module, clusters)) {
      const int problem = errno;
      directory.remove(key);
      errno = problem;
      return system_error("cannot write to the cache");
    }
    return std::optional<ClusterLog>(std::move(log));
  }
}

bool ClusterLog::read_head(const Label& label, std::span<const uint8_t> module, uint32_t clusters) {
  std::string bytes(kLabelBytes, '\0');
  Head head;
  if (!read_exactly(file_.get(), bytes.data(), bytes.size(), 0) || !read_exactly(file_.get(), &head, sizeof head, kLabelBytes)) return false;
  const auto found = read_label(bytes);
  if (!found || found->identity != label.identity) return false;
  if (head.magic != kHeadMagic || head.clusters != clusters || head.module_bytes != module.size()) return false;
  end_ = kLabelBytes + sizeof head;
  if (!holds(file_.get(), end_, module)) return false;
  end_ += module.size();
  return true;
}

bool ClusterLog::write_head(const Label& label, std::span<const uint8_t> module, uint32_t clusters) {
  const Head head{kHeadMagic, module.size(), clusters};
  const std::string bytes = write_label(label);
  end_ = bytes.size() + sizeof head + module.size();
  return ::ftruncate(file_.get(), 0) == 0 && ::lseek(file_.get(), 0, SEEK_SET) == 0 && write_all(file_.get(), bytes.data(), bytes.size()) &&
         write_all(file_.get(), &head, sizeof head) && write_all(file_.get(), module.data(), module.size());
}

void ClusterLog::read_places(uint64_t size_bytes) {
  ClusterHead head;
  while (read_exactly(file_.get(), &head, sizeof head, end_)) {
    const uint64_t begin = end_ + sizeof head;
    if (begin > size_bytes || head.magic != kClusterMagic || head.cluster > UINT32_MAX || head.size_bytes > size_bytes - begin) break;
    places_[static_cast<uint32_t>(head.cluster)] = {begin, head.size_bytes, head.checksum};
    end_ = begin + head.size_bytes;
  }
}

std::optional<std::string> ClusterLog::read(uint32_t cluster) const {
  const auto place = places_.find(cluster);
  if (place == places_.end()) return std::nullopt;
  std::string bytes(place->second.size_bytes, '\0');
  if (!read_exactly(file_.get(), bytes.data(), bytes.size(), place->second.offset)) return std::nullopt;
  if (checksum_of(bytes) != place->second.checksum) return std::nullopt;
  return bytes;
}

Result<void> ClusterLog::append(uint32_t cluster, std::string_view bytes) {
  const ClusterHead head{kClusterMagic, cluster, bytes.size(), checksum_of(bytes)};
  const auto offset = static_cast<off_t>(end_);
  if (::ftruncate(file_.get(), offset) != 0 || ::lseek(file_.get(), offset, SEEK_SET) != offset || !write_all(file_.get(), &head, sizeof head) ||
      !write_all(file_.get(), bytes.data(), bytes.size())) {
    const Error error = system_error("cannot write to the cache");
    if (::ftruncate(file_.get(), offset) != 0) return error;  // a reader stops at what is not whole
    return error;
  }
  places_[cluster] = {end_ + sizeof head, bytes.size(), head.checksum};
  end_ += sizeof head + bytes.size();
  return {};
}

std::optional<ClusterLog> ClusterLog::read_only(const Entry& entry, uint64_t& clusters) {
  Head head;
  if (!read_exactly(entry.file.get(), &head, sizeof head, kLabelBytes) || head.magic != kHeadMagic) return std::nullopt;
  ClusterLog log(OwnedFd(::fcntl(entry.file.get(), F_DUPFD_CLOEXEC, 0)));
  log.end_ = kLabelBytes + sizeof head;
  if (head.module_bytes > entry.size_bytes - std::min(entry.size_bytes, log.end_)) return std::nullopt;
  log.end_ += head.module_bytes;
  log.read_places(entry.size_bytes);
  clusters = head.clusters;
  return log;
}

std::optional<ClusterLog::Progress> ClusterLog::look(const Entry& entry) {
  uint64_t clusters = 0;
  const auto log = read_only(entry, clusters);
  if (!log) return std::nullopt;
  return Progress{static_cast<uint32_t>(log->count()), static_cast<uint32_t>(clusters), log->given_up()};
}

std::string ClusterLog::find_damage(const Entry& entry) {
  uint64_t clusters = 0;
  const auto log = read_only(entry, clusters);
  if (!log) return "its head is damaged or cut off";
  for (const auto& [cluster, place] : log->places_) {
    if (!log->read(cluster)) return "cluster " + std::to_string(cluster) + " is damaged";
    if (cluster >= clusters && cluster != kGivenUp) return "it has a cluster too many";
  }
  return {};
}

}  // namespace wasmrun::cache
