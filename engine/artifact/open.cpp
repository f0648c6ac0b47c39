// A file to a compiled module: mapped, every length and checksum checked first.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "engine/artifact/format.h"
#include "engine/base/xxh3.h"

namespace wasmrun::artifact {
namespace {

using Bytes = std::span<const uint8_t>;

Error damaged(const char* what) { return {ErrorKind::Malformed, std::string("the artifact is damaged: ") + what}; }
Error io_error(const char* what) { return {ErrorKind::Io, std::string(what) + ": " + std::strerror(errno)}; }

/// A part of a file in memory, for reading.
class Mapping {
 public:
  static Result<std::shared_ptr<const Mapping>> create(int fd, uint64_t offset, uint64_t size_bytes) {
    void* const base = ::mmap(nullptr, size_bytes, PROT_READ, MAP_PRIVATE, fd, static_cast<off_t>(offset));
    if (base == MAP_FAILED) return io_error("cannot map the artifact");
    return std::shared_ptr<const Mapping>(new Mapping(base, size_bytes));
  }
  ~Mapping() { ::munmap(base_, size_bytes_); }
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;
  Bytes bytes() const { return {static_cast<const uint8_t*>(base_), size_bytes_}; }

 private:
  Mapping(void* base, size_t size_bytes) : base_(base), size_bytes_(size_bytes) {}
  void* base_;
  size_t size_bytes_;
};

Result<void> check_parts(const Header& header) {
  uint64_t end = sizeof(Header);
  for (uint32_t i = 0; i < kParts; ++i) {
    const FileRange& part = header.parts[i];
    const uint64_t align = i >= Part::Code ? kAlignBytes : 8;
    if (part.offset < end || (part.size_bytes > 0 && part.offset % align != 0)) return damaged("its parts overlap");
    if (part.offset > header.file_bytes || part.size_bytes > header.file_bytes - part.offset) return damaged("a part goes past its end");
    end = part.end();
  }
  return {};
}

Result<Header> read_header(int fd, uint64_t offset) {
  struct stat status;
  if (::fstat(fd, &status) != 0) return io_error("cannot look at the artifact");
  const auto file_bytes = static_cast<uint64_t>(status.st_size);
  if (!S_ISREG(status.st_mode) || offset > file_bytes || offset % kAlignBytes != 0) return damaged("there is none");
  Header header;
  const ssize_t got = ::pread(fd, &header, sizeof header, static_cast<off_t>(offset));
  if (got < 0) return io_error("cannot read the artifact");
  if (static_cast<size_t>(got) < sizeof header) return damaged("it is cut off");
  if (std::memcmp(header.magic, kMagic, sizeof kMagic) != 0) return damaged("it does not begin as one");
  if (header.version != kFormatVersion || header.header_bytes != sizeof header) {
    return Error{ErrorKind::Unsupported, "the artifact was compiled by another version of wasmrun"};
  }
  if (header.hash != xxh3_64({reinterpret_cast<const uint8_t*>(&header), offsetof(Header, hash)})) return damaged("its header has changed");
  if (header.file_bytes > file_bytes - offset) return damaged("it is cut off");
  TRY(check_parts(header));
  return header;
}

Result<void> check_hash(Bytes bytes, const FileRange& part, const char* what) {
  if (hash_of(bytes) != part.hash) return damaged(what);
  return {};
}

/// Without mapping it: pages that the program never uses are then never the process's.
Result<void> check_hash(int fd, uint64_t offset, const FileRange& part, const char* what) {
  const auto piece = std::make_unique_for_overwrite<uint8_t[]>(kHashedAtOnce);
  uint64_t hash = 0;
  for (uint64_t at = 0; at < part.size_bytes;) {
    const size_t wanted = std::min<uint64_t>(kHashedAtOnce, part.size_bytes - at);
    for (size_t filled = 0; filled < wanted;) {
      const ssize_t got = ::pread(fd, piece.get() + filled, wanted - filled, static_cast<off_t>(offset + part.offset + at + filled));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return io_error("cannot read the artifact");
      if (got == 0) return damaged("it is cut off");
      filled += static_cast<size_t>(got);
    }
    hash = xxh3_64({piece.get(), wanted}, hash);
    at += wanted;
  }
  if (hash != part.hash) return damaged(what);
  return {};
}

template <class T>
Result<std::vector<T>> read_table(Bytes bytes) {
  if (bytes.size() % sizeof(T) != 0) return damaged("a table has no whole number of rows");
  std::vector<T> items(bytes.size() / sizeof(T));
  if (!items.empty()) std::memcpy(items.data(), bytes.data(), bytes.size());
  return items;
}

/// That every call lies in the code of a function or in an entry before, and no chain is too long.
bool is_consistent(std::span<const abi::InlinedLocation> inlined, size_t functions) {
  constexpr uint32_t kFlag = abi::InlinedLocation::kFlag;
  std::vector<uint8_t> depths(inlined.size(), 1);
  for (uint32_t i = 0; i < inlined.size(); ++i) {
    const abi::InlinedLocation& each = inlined[i];
    if (each.function >= functions || each.module_offset >= kFlag) return false;
    if (each.call < kFlag) continue;
    if (each.call - kFlag >= i) return false;
    depths[i] += depths[each.call - kFlag];
    if (depths[i] > abi::InlinedLocation::kMaxDepth) return false;
  }
  return true;
}

/// That nothing which follows the tables can leave code and lists.
bool is_consistent(const abi::CompiledModule& code, uint64_t code_bytes, uint64_t location_bytes, std::span<const uint32_t> by_address) {
  const auto is_function = [&](const abi::CompiledFunction& function) {
    return function.code_begin <= function.code_end && function.code_end <= code_bytes && function.location_list == 0 &&
           function.location_begin <= function.location_end && function.location_end <= location_bytes;
  };
  const auto is_link = [&](uint32_t handler) { return handler == abi::Handler::kNone || handler < code.handlers.size(); };
  const auto is_site = [&](const abi::HandlerSite& site) {
    return site.return_address <= code_bytes && is_link(site.first_handler) &&
           (site.landing_pad == abi::Handler::kNone || site.landing_pad < code_bytes);
  };
  return by_address.size() == code.functions.size() && is_consistent(code.inlined, code.functions.size()) &&
         std::all_of(code.functions.begin(), code.functions.end(), is_function) &&
         std::all_of(by_address.begin(), by_address.end(), [&](uint32_t function) { return function < code.functions.size(); }) &&
         std::all_of(code.handlers.begin(), code.handlers.end(), [&](const abi::Handler& handler) { return is_link(handler.next); }) &&
         std::all_of(code.handler_sites.begin(), code.handler_sites.end(), is_site);
}

Result<abi::DataImages> read_images(int fd, uint64_t offset, const Header& header, Bytes table) {
  abi::DataImages images;
  images.images = TRY(read_table<abi::DataImage>(table));
  if (images.images.empty()) return images;
  const FileRange& part = header.parts[Part::ImageBytes];
  for (abi::DataImage& image : images.images) {
    if (image.memory_offset % kAlignBytes != 0 || image.size_bytes % kAlignBytes != 0 || image.file_offset % kAlignBytes != 0 ||
        image.file_offset > part.size_bytes || image.size_bytes > part.size_bytes - image.file_offset || image.size_bytes == 0) {
      return damaged("an image is not in it");
    }
    image.file_offset += offset + part.offset;
  }
  TRY(check_hash(fd, offset, part, "its data has changed"));
  OwnedFd file(::fcntl(fd, F_DUPFD_CLOEXEC, 0));
  if (!file.valid()) return io_error("cannot keep the artifact open");
  images.file = std::make_shared<const OwnedFd>(std::move(file));
  return images;
}

}  // namespace

bool looks_like_artifact(Bytes bytes) { return bytes.size() >= sizeof kMagic && std::memcmp(bytes.data(), kMagic, sizeof kMagic) == 0; }

Result<Identity> read_identity(int fd, uint64_t offset) { return read_identity(TRY(read_header(fd, offset))); }

Result<Artifact> open(int fd, uint64_t offset, const Identity* expected, std::optional<Bytes> module) {
  const Header header = TRY(read_header(fd, offset));
  Artifact artifact;
  artifact.identity = read_identity(header);
  if (expected && artifact.identity != *expected) {
    return Error{ErrorKind::Unsupported, "the artifact was " + difference(artifact.identity, *expected)};
  }

  const auto mapping = TRY(Mapping::create(fd, offset, header.parts[Part::Module].end()));
  const auto part = [&](Part which) {
    return mapping->bytes().subspan(static_cast<size_t>(header.parts[which].offset), static_cast<size_t>(header.parts[which].size_bytes));
  };
  for (uint32_t i = 0; i < Part::Module; ++i) TRY(check_hash(part(static_cast<Part>(i)), header.parts[i], "a table has changed"));
  const Bytes found_module = part(Part::Module);
  if (!module) {
    TRY(check_hash(found_module, header.parts[Part::Module], "its module has changed"));
  } else if (found_module.size() != module->size() || std::memcmp(found_module.data(), module->data(), module->size()) != 0) {
    return Error{ErrorKind::Malformed, "the artifact is of another module, or its module has changed"};
  }

  abi::CompiledModule& code = artifact.code;
  code.functions = TRY(read_table<abi::CompiledFunction>(part(Part::Functions)));
  std::vector<uint32_t> by_address = TRY(read_table<uint32_t>(part(Part::ByAddress)));
  code.inlined = TRY(read_table<abi::InlinedLocation>(part(Part::Inlined)));
  code.handlers = TRY(read_table<abi::Handler>(part(Part::Handlers)));
  code.handler_sites = TRY(read_table<abi::HandlerSite>(part(Part::HandlerSites)));
  code.location_lists.emplace_back(mapping, part(Part::Locations));
  code.locations_are_ranges = header.locations_are_ranges != 0;
  const FileRange& code_part = header.parts[Part::Code];
  if (!is_consistent(code, code_part.size_bytes, part(Part::Locations).size(), by_address)) return damaged("its tables do not fit its code");
  code.restore_index(std::move(by_address));
  artifact.module = SharedBytes(mapping, found_module);
  artifact.images = TRY(read_images(fd, offset, header, part(Part::Images)));

  code.code = TRY(abi::CodeSpace::map(fd, offset + code_part.offset, code_part.size_bytes));
  if (code_part.size_bytes <= kHashedAtOnce) {
    TRY(check_hash({code.code->base(), code.code->size_bytes()}, code_part, "its code has changed"));
  } else {
    TRY(check_hash(fd, offset, code_part, "its code has changed"));
  }
  return artifact;
}

void forget(Bytes mapped) {
  constexpr size_t kWorthACall = size_t{1} << 20;
  if (mapped.size() < kWorthACall) return;
  // Whole pages within.
  const auto begin = (reinterpret_cast<uintptr_t>(mapped.data()) + kAlignBytes - 1) / kAlignBytes * kAlignBytes;
  const auto end = reinterpret_cast<uintptr_t>(mapped.data() + mapped.size()) / kAlignBytes * kAlignBytes;
  ::madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED);
}

Result<std::vector<uint8_t>> read_module_bytes(int fd, uint64_t offset) {
  const Header header = TRY(read_header(fd, offset));
  const FileRange& part = header.parts[Part::Module];
  const auto mapping = TRY(Mapping::create(fd, offset, part.end()));
  const Bytes bytes = mapping->bytes().subspan(static_cast<size_t>(part.offset));
  TRY(check_hash(bytes, part, "its module has changed"));
  return std::vector<uint8_t>(bytes.begin(), bytes.end());
}

}  // namespace wasmrun::artifact
