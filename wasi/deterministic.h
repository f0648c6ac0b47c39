// --deterministic: a world that is the same on every run and machine. Visible: Deterministic.
//
// Time passes only by being looked at and waited for; random bytes follow from a seed; files have numbers in the order in
// which the program met them, and no times. What comes from outside (standard input, connections) comes when it comes.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <map>
#include <span>
#include <utility>

namespace wasmrun::wasi {

class Deterministic {
 public:
  explicit Deterministic(uint64_t seed) : random_state_(seed) {}

  /// Nanoseconds. Each look takes a microsecond.
  static constexpr uint64_t kStepNs = 1000;
  uint64_t look_at_monotonic() {
    advance(kStepNs);
    return monotonic_ns_;
  }
  uint64_t monotonic() const { return monotonic_ns_; }
  uint64_t realtime() const;
  /// The monotonic time at which it is that date.
  static uint64_t monotonic_at(uint64_t date_ns);
  void advance_to(uint64_t monotonic_ns) { monotonic_ns_ = monotonic_ns > monotonic_ns_ ? monotonic_ns : monotonic_ns_; }

  /// SplitMix64, low bytes first. No secrets: whoever knows the seed knows them all.
  void fill_random(std::span<uint8_t> bytes);

  /// A number of its own for each file, from 1.
  uint64_t file_number(dev_t device, ino_t inode);
  /// The last name of a file has gone: the host may give its inode to another.
  void forget_file(dev_t device, ino_t inode) { files_.erase({device, inode}); }
  /// Takes out what differs between hosts and runs.
  void normalize(struct stat& status);

 private:
  void advance(uint64_t nanoseconds) { advance_to(monotonic_ns_ + nanoseconds < monotonic_ns_ ? UINT64_MAX : monotonic_ns_ + nanoseconds); }

  uint64_t monotonic_ns_ = 1'000'000'000;
  uint64_t random_state_;
  std::map<std::pair<dev_t, ino_t>, uint64_t> files_;
  uint64_t last_file_ = 0;
};

}  // namespace wasmrun::wasi
