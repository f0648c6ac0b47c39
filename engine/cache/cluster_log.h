// The clusters of a module that are compiled so far: a file that is only ever appended to, by one process at a time, so that a
// compilation which is killed at any moment goes on from there. Visible: ClusterLog.
//
//   label | module: size, checksum, bytes | cluster: index, size, checksum, bytes | cluster | ... | what a killed process began
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>

#include "engine/cache/directory.h"

namespace wasmrun::cache {

class ClusterLog {
 public:
  enum class Wait : uint8_t { No, Yes };

  /// Opens the log of `key`, or begins it, and holds its lock until the end of the object. One that is of another module or damaged is
  /// begun anew. Nothing when another process has the lock and `wait` is No. Errors: Io.
  static Result<std::optional<ClusterLog>> open(const Directory& directory, const Key& key, const Label& label,
                                                std::span<const uint8_t> module, uint32_t clusters, Wait wait);

  /// Whether the cluster is there. `read` may still find it damaged.
  bool has(uint32_t cluster) const { return places_.contains(cluster); }
  size_t count() const { return places_.size(); }
  /// The bytes of a cluster; nothing when it is not there or damaged.
  std::optional<std::string> read(uint32_t cluster) const;
  /// Adds one. Errors: Io (no space); the log stays whole then.
  Result<void> append(uint32_t cluster, std::string_view bytes);

  /// How many clusters a log has, and of how many.
  struct Progress {
    uint32_t done = 0;
    uint32_t of = 0;
  };
  /// Without the lock, of a log that another process may be writing. Nothing when it is none.
  static std::optional<Progress> look(const Entry& entry);

 private:
  struct Place {
    uint64_t offset = 0;
    uint64_t size_bytes = 0;
    uint64_t checksum = 0;
  };
  ClusterLog(OwnedFd file) : file_(std::move(file)) {}
  bool read_head(const Label& label, std::span<const uint8_t> module, uint32_t clusters);
  bool write_head(const Label& label, std::span<const uint8_t> module, uint32_t clusters);
  void read_places(uint64_t size_bytes);

  OwnedFd file_;
  uint64_t end_ = 0;
  std::map<uint32_t, Place> places_;
};

}  // namespace wasmrun::cache
