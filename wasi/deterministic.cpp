// See deterministic.h.
#include "wasi/deterministic.h"

namespace wasmrun::wasi {

namespace {

/// 2025-01-01T00:00:00Z, when every program begins and every file was last touched.
constexpr uint64_t kBeginningSeconds = 1'735'689'600;
constexpr uint64_t kBeginningNs = kBeginningSeconds * 1'000'000'000;
/// What most file systems say of a directory; others count its entries.
constexpr off_t kDirectorySize = 4096;

}  // namespace

uint64_t Deterministic::realtime() const {
  return monotonic_ns_ > UINT64_MAX - kBeginningNs ? UINT64_MAX : kBeginningNs + monotonic_ns_;
}

uint64_t Deterministic::monotonic_at(uint64_t date_ns) {
  return date_ns > kBeginningNs ? date_ns - kBeginningNs : 0;
}

void Deterministic::fill_random(std::span<uint8_t> bytes) {
  for (size_t i = 0; i < bytes.size();) {
    random_state_ += 0x9e37'79b9'7f4a'7c15;
    uint64_t word = random_state_;
    word = (word ^ word >> 30) * 0xbf58'476d'1ce4'e5b9;
    word = (word ^ word >> 27) * 0x94d0'49bb'1331'11eb;
    word ^= word >> 31;
    for (int shift = 0; shift < 64 && i < bytes.size(); shift += 8) bytes[i++] = static_cast<uint8_t>(word >> shift);
  }
}

uint64_t Deterministic::file_number(dev_t device, ino_t inode) {
  const auto [place, is_new] = files_.try_emplace({device, inode}, last_file_ + 1);
  last_file_ += is_new;
  return place->second;
}

void Deterministic::normalize(struct stat& status) {
  status.st_ino = file_number(status.st_dev, status.st_ino);
  status.st_dev = 1;
  status.st_atim = status.st_mtim = status.st_ctim = {static_cast<time_t>(kBeginningSeconds), 0};
  if (!S_ISDIR(status.st_mode)) return;
  status.st_size = kDirectorySize;
  status.st_nlink = 1;
}

}  // namespace wasmrun::wasi
