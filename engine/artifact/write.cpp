// A compiled module to a file.
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "engine/artifact/format.h"
#include "engine/artifact/images.h"
#include "engine/base/xxh3.h"

namespace wasmrun::artifact {
namespace {

using Bytes = std::span<const uint8_t>;

template <class T>
Bytes bytes_of(std::span<const T> items) {
  static_assert(std::has_unique_object_representations_v<T>, "padding would be written");
  return {reinterpret_cast<const uint8_t*>(items.data()), items.size_bytes()};
}

/// All lists as one, and the functions that then have it.
std::vector<uint8_t> join_locations(const abi::CompiledModule& code, std::vector<abi::CompiledFunction>& functions) {
  std::vector<uint8_t> joined;
  std::vector<size_t> begins;
  for (const SharedBytes& list : code.location_lists) {
    begins.push_back(joined.size());
    joined.insert(joined.end(), list.span().begin(), list.span().end());
  }
  CHECK(joined.size() <= UINT32_MAX);
  functions = code.functions;
  for (abi::CompiledFunction& function : functions) {
    // Code without a list, of tests, has an empty one.
    const auto begin = static_cast<uint32_t>(begins.empty() ? 0 : begins[function.location_list]);
    function.location_begin += begin;
    function.location_end += begin;
    function.location_list = 0;
  }
  return joined;
}

Result<void> write_all(int fd, Bytes bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return Error{ErrorKind::Io, std::strerror(errno)};
    if (written == 0) return Error{ErrorKind::Io, "no space"};
    bytes = bytes.subspan(static_cast<size_t>(written));
  }
  return {};
}

uint64_t align_up(uint64_t offset, uint64_t unit) { return (offset + unit - 1) / unit * unit; }

}  // namespace

uint64_t hash_of(Bytes bytes) {
  uint64_t hash = 0;
  do {
    const Bytes piece = bytes.first(std::min(bytes.size(), kHashedAtOnce));
    hash = xxh3_64(piece, hash);
    bytes = bytes.subspan(piece.size());
  } while (!bytes.empty());
  return hash;
}

Result<void> write(int fd, const module::Module& module, const abi::CompiledModule& code, const Identity& identity) {
  std::vector<abi::CompiledFunction> functions;
  const std::vector<uint8_t> locations = join_locations(code, functions);
  const ImagePlan plan = plan_images(module);

  std::array<Bytes, kParts> parts;
  parts[Part::Functions] = bytes_of<abi::CompiledFunction>(functions);
  parts[Part::ByAddress] = bytes_of<uint32_t>(code.functions_by_address());
  parts[Part::Locations] = locations;
  parts[Part::Inlined] = bytes_of<abi::InlinedLocation>(code.inlined);
  parts[Part::Handlers] = bytes_of<abi::Handler>(code.handlers);
  parts[Part::HandlerSites] = bytes_of<abi::HandlerSite>(code.handler_sites);
  parts[Part::Images] = bytes_of<abi::DataImage>(plan.images);
  parts[Part::Module] = module.bytes.span();
  parts[Part::Code] = {code.code->base(), code.code->size_bytes()};
  parts[Part::ImageBytes] = plan.bytes;

  Header header = {};
  std::memcpy(header.magic, kMagic, sizeof kMagic);
  header.version = kFormatVersion;
  header.header_bytes = sizeof header;
  header.locations_are_ranges = code.locations_are_ranges;
  write_identity(identity, header);
  uint64_t end = sizeof header;
  for (uint32_t i = 0; i < kParts; ++i) {
    if (!parts[i].empty()) end = align_up(end, i >= Part::Code ? kAlignBytes : 8);
    header.parts[i] = {end, parts[i].size(), hash_of(parts[i])};
    end += parts[i].size();
  }
  header.file_bytes = end;
  header.hash = xxh3_64({reinterpret_cast<const uint8_t*>(&header), offsetof(Header, hash)});

  static constexpr uint8_t kZeros[kAlignBytes] = {};
  TRY(write_all(fd, {reinterpret_cast<const uint8_t*>(&header), sizeof header}));
  uint64_t at = sizeof header;
  for (uint32_t i = 0; i < kParts; ++i) {
    TRY(write_all(fd, {kZeros, static_cast<size_t>(header.parts[i].offset - at)}));
    TRY(write_all(fd, parts[i]));
    at = header.parts[i].end();
  }
  return {};
}

}  // namespace wasmrun::artifact
