// See landlock.h. Landlock knows files by their place below a directory, as the kernel sees it when they are used.
#include "wasi/landlock.h"

#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "wasi/state.h"

namespace wasmrun::wasi {

namespace {

// Headers may be older than the kernel.
constexpr uint64_t kRefer = uint64_t{1} << 13;
constexpr uint64_t kTruncate = uint64_t{1} << 14;
constexpr uint64_t kIoctlDevice = uint64_t{1} << 15;

/// All that a version from 2 on can refuse; what is handled and not granted by a rule is refused.
constexpr uint64_t handled_by(int version) {
  uint64_t access = ((uint64_t{1} << 13) - 1) | kRefer;
  if (version >= 3) access |= kTruncate;
  if (version >= 5) access |= kIoctlDevice;
  return access;
}

/// Terminals and other devices below a preopen answer as everywhere.
constexpr uint64_t kRead = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR | kIoctlDevice;
/// The kinds of files that may be made are those that may be renamed and linked. Never executed, and no devices: with one,
/// root would have the disk.
constexpr uint64_t kChange = LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE |
                             LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK |
                             LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_SYM | kRefer | kTruncate;
/// What a rule for a file that is no directory may grant.
constexpr uint64_t kOfFiles = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | kTruncate | kIoctlDevice;

/// What the C library and its modules for name services open, on the usual systems. No homes, no /var, no secrets in /run.
constexpr const char* kNameServices[] = {
    "/etc", "/usr", "/lib", "/lib32", "/lib64", "/nix/store", "/gnu/store", "/run/systemd/resolve", "/run/resolvconf",
    "/run/NetworkManager", "/run/connman", "/run/nscd", "/var/run/nscd",
    "/etc/resolv.conf",  // as a file too: often a link to somewhere else
};

class Ruleset {
 public:
  explicit Ruleset(uint64_t handled) : handled_(handled) {
    // The first member alone: every version takes that size.
    const uint64_t attributes = handled;
    fd_.reset(static_cast<int>(::syscall(SYS_landlock_create_ruleset, &attributes, sizeof(attributes), 0)));
  }
  bool valid() const { return fd_.valid(); }

  bool allow(int file, uint64_t access) {
    landlock_path_beneath_attr rule{};
    rule.allowed_access = access & handled_;
    rule.parent_fd = file;
    return ::syscall(SYS_landlock_add_rule, fd_.get(), LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0;
  }
  /// A path of the host's that need not exist.
  bool allow(const char* path, uint64_t access) {
    const OwnedFd file(::open(path, O_PATH | O_CLOEXEC));
    struct stat status;
    if (!file.valid() || ::fstat(file.get(), &status) != 0) return true;
    return allow(file.get(), S_ISDIR(status.st_mode) ? access : access & kOfFiles);
  }
  bool restrict_self() { return ::syscall(SYS_landlock_restrict_self, fd_.get(), 0) == 0; }

 private:
  uint64_t handled_;
  OwnedFd fd_;
};

bool allow_all_needed(Ruleset& rules, State& state) {
  for (uint32_t fd = 0; fd < state.fds.size(); ++fd) {
    const Descriptor* descriptor = state.fds.find(fd);
    if (!descriptor || !descriptor->cold || !descriptor->cold->is_preopen) continue;
    if (!rules.allow(descriptor->host, descriptor->read_only ? kRead : kRead | kChange)) return false;
  }
  // Takes the place of standard streams that the program closes.
  if (!rules.allow("/dev/null", LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE)) return false;
  if (!state.net.is_enabled()) return true;
  for (const char* path : kNameServices) {
    if (!rules.allow(path, LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)) return false;
  }
  return true;
}

}  // namespace

int landlock_version() {
  const long version = ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
  return version > 0 ? static_cast<int>(version) : 0;
}

std::string restrict_to_preopens(State& state, int version) {
  if (version == 0) return "the kernel has no Landlock, or it is switched off";
  // The first version refuses every rename and link between two directories.
  if (version == 1) return "this kernel's Landlock is too old for renames between directories";
  const auto failure = [](const char* what) { return std::string(what) + ": " + std::strerror(errno); };
  Ruleset rules(handled_by(version));
  if (!rules.valid()) return failure("no Landlock ruleset");
  if (!allow_all_needed(rules, state)) return failure("no Landlock rule for a directory");
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return failure("PR_SET_NO_NEW_PRIVS");
  if (!rules.restrict_self()) return failure("landlock_restrict_self");
  return {};
}

}  // namespace wasmrun::wasi
