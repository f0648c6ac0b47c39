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
  /// For the process that has the lock: not at all; as long as it adds a cluster every now and then (it may have the lowest priority on
  /// a machine with other work); until it ends.
  enum class Wait : uint8_t { No, WhileItGrows, Yes };

  /// Opens the log of `key`, or begins it, and holds its lock until the end of the object. One that is of another module or damaged is
  /// begun anew. Nothing when another process has the lock and was not waited for. Errors: Io.
  static Result<std::optional<ClusterLog>> open(const Directory& directory, const Key& key, const Label& label,
                                                std::span<const uint8_t> module, uint32_t clusters, Wait wait);

  /// Whether the cluster is there. `read` may still find it damaged.
  bool has(uint32_t cluster) const { return places_.contains(cluster); }
  size_t count() const { return places_.size() - places_.count(kGivenUp); }
  /// The bytes of a cluster; nothing when it is not there or damaged.
  std::optional<std::string> read(uint32_t cluster) const;
  /// Adds one. Errors: Io (no space); the log stays whole then.
  Result<void> append(uint32_t cluster, std::string_view bytes);

  /// Notes that the module cannot be compiled, so that nobody tries again. Errors: Io.
  Result<void> give_up(std::string_view reason) { return append(kGivenUp, reason); }
  /// Why the module was given up, if it was.
  std::optional<std::string> given_up() const { return read(kGivenUp); }

  /// How far a compilation has come.
  struct Progress {
    uint32_t done = 0;  ///< clusters
    uint32_t of = 0;
    std::optional<std::string> given_up;
  };
  /// Without the lock, of a log that another process may be writing. Nothing when it is none.
  static std::optional<Progress> look(const Entry& entry);
  /// What is wrong with a log; empty when nothing is. An end that is cut off is not: processes are killed.
  static std::string find_damage(const Entry& entry);

 private:
  static constexpr uint32_t kGivenUp = UINT32_MAX;

  struct Place {
    uint64_t offset = 0;
    uint64_t size_bytes = 0;
    uint64_t checksum = 0;
  };
  ClusterLog(OwnedFd file) : file_(std::move(file)) {}
  static std::optional<ClusterLog> read_only(const Entry& entry, uint64_t& clusters);
  bool read_head(const Label& label, std::span<const uint8_t> module, uint32_t clusters);
  bool write_head(const Label& label, std::span<const uint8_t> module, uint32_t clusters);
  void read_places(uint64_t size_bytes);

  OwnedFd file_;
  uint64_t end_ = 0;
  std::map<uint32_t, Place> places_;
};

}  // namespace wasmrun::cache
