// Numbers and layouts of preview 1 as guests see them (little endian), and where snapshot 0 differs.
// Visible: Snapshot, FileType, rights, flags, sizes and offsets.
#pragma once

#include <cstdint>

namespace wasmrun::wasi {

/// Which module the guest imported a function from. `wasi_unstable` differs in whence, filestat and subscription.
enum class Snapshot : uint8_t { Preview1, Unstable };

enum class FileType : uint8_t {
  Unknown,
  BlockDevice,
  CharacterDevice,
  Directory,
  RegularFile,
  SocketDatagram,
  SocketStream,
  SymbolicLink,
};

enum ClockId : uint32_t { kClockRealtime, kClockMonotonic, kClockProcessCpu, kClockThreadCpu };

namespace rights {
inline constexpr uint64_t kFdDatasync = 1 << 0;
inline constexpr uint64_t kFdRead = 1 << 1;
inline constexpr uint64_t kFdSeek = 1 << 2;
inline constexpr uint64_t kFdFdstatSetFlags = 1 << 3;
inline constexpr uint64_t kFdSync = 1 << 4;
inline constexpr uint64_t kFdTell = 1 << 5;
inline constexpr uint64_t kFdWrite = 1 << 6;
inline constexpr uint64_t kFdAdvise = 1 << 7;
inline constexpr uint64_t kFdAllocate = 1 << 8;
inline constexpr uint64_t kPathCreateDirectory = 1 << 9;
inline constexpr uint64_t kPathCreateFile = 1 << 10;
inline constexpr uint64_t kPathLinkSource = 1 << 11;
inline constexpr uint64_t kPathLinkTarget = 1 << 12;
inline constexpr uint64_t kPathOpen = 1 << 13;
inline constexpr uint64_t kFdReaddir = 1 << 14;
inline constexpr uint64_t kPathReadlink = 1 << 15;
inline constexpr uint64_t kPathRenameSource = 1 << 16;
inline constexpr uint64_t kPathRenameTarget = 1 << 17;
inline constexpr uint64_t kPathFilestatGet = 1 << 18;
inline constexpr uint64_t kPathFilestatSetSize = 1 << 19;
inline constexpr uint64_t kPathFilestatSetTimes = 1 << 20;
inline constexpr uint64_t kFdFilestatGet = 1 << 21;
inline constexpr uint64_t kFdFilestatSetSize = 1 << 22;
inline constexpr uint64_t kFdFilestatSetTimes = 1 << 23;
inline constexpr uint64_t kPathSymlink = 1 << 24;
inline constexpr uint64_t kPathRemoveDirectory = 1 << 25;
inline constexpr uint64_t kPathUnlinkFile = 1 << 26;
inline constexpr uint64_t kPollFdReadwrite = 1 << 27;
inline constexpr uint64_t kSockShutdown = 1 << 28;
inline constexpr uint64_t kSockAccept = 1 << 29;
inline constexpr uint64_t kAll = (uint64_t{1} << 30) - 1;

/// What a directory allows to do with itself.
inline constexpr uint64_t kDirectory = kFdDatasync | kFdFdstatSetFlags | kFdSync | kPathCreateDirectory |
                                       kPathCreateFile | kPathLinkSource | kPathLinkTarget | kPathOpen | kFdReaddir |
                                       kPathReadlink | kPathRenameSource | kPathRenameTarget | kPathFilestatGet |
                                       kPathFilestatSetSize | kPathFilestatSetTimes | kFdFilestatGet |
                                       kFdFilestatSetTimes | kPathSymlink | kPathRemoveDirectory | kPathUnlinkFile;
/// Seekable files and devices, without the access mode's own rights.
inline constexpr uint64_t kFileCommon = kFdDatasync | kFdSeek | kFdFdstatSetFlags | kFdSync | kFdTell | kFdAdvise |
                                        kFdFilestatGet | kFdFilestatSetTimes | kPollFdReadwrite;
inline constexpr uint64_t kFileWrite = kFdWrite | kFdAllocate | kFdFilestatSetSize;
/// What may be open below a directory.
inline constexpr uint64_t kBelowDirectory = kDirectory | kFileCommon | kFdRead | kFileWrite;
/// Terminals and pipes: no position. Guests take a character device without seek and tell for a terminal.
inline constexpr uint64_t kStreamCommon = kFdFdstatSetFlags | kFdFilestatGet | kPollFdReadwrite;
inline constexpr uint64_t kSocket = kFdRead | kFdWrite | kStreamCommon | kSockShutdown;
inline constexpr uint64_t kListener = kSocket | kSockAccept;
}  // namespace rights

namespace fdflags {
inline constexpr uint16_t kAppend = 1, kDsync = 2, kNonblock = 4, kRsync = 8, kSync = 16, kAll = 31;
}
namespace oflags {
inline constexpr uint32_t kCreat = 1, kDirectory = 2, kExcl = 4, kTrunc = 8, kAll = 15;
}
namespace lookupflags {
inline constexpr uint32_t kSymlinkFollow = 1;
}
namespace fstflags {
inline constexpr uint32_t kAtim = 1, kAtimNow = 2, kMtim = 4, kMtimNow = 8, kAll = 15;
}
namespace riflags {
inline constexpr uint32_t kPeek = 1, kWaitall = 2;
inline constexpr uint16_t kDataTruncated = 1;
}  // namespace riflags
namespace sdflags {
inline constexpr uint32_t kRead = 1, kWrite = 2;
}

inline constexpr uint32_t kIovecSize = 8;
inline constexpr uint32_t kPrestatSize = 8;
inline constexpr uint32_t kFdstatSize = 24;
inline constexpr uint32_t kDirentSize = 24;
inline constexpr uint32_t kEventSize = 32;

/// filestat: in snapshot 0 `nlink` has 32 bits, and what follows moves.
struct FilestatLayout {
  uint32_t size_bytes, nlink, nlink_bytes, size, atim, mtim, ctim;
};
inline constexpr FilestatLayout filestat_layout(Snapshot snapshot) {
  return snapshot == Snapshot::Preview1 ? FilestatLayout{64, 24, 8, 32, 40, 48, 56}
                                        : FilestatLayout{56, 20, 4, 24, 32, 40, 48};
}

/// subscription: in snapshot 0 a clock begins with a 64-bit identifier that nobody uses.
struct SubscriptionLayout {
  uint32_t size_bytes, clock_id, timeout, precision, flags;
};
inline constexpr SubscriptionLayout subscription_layout(Snapshot snapshot) {
  return snapshot == Snapshot::Preview1 ? SubscriptionLayout{48, 16, 24, 32, 40}
                                        : SubscriptionLayout{56, 24, 32, 40, 48};
}

}  // namespace wasmrun::wasi
