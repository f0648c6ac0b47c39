// What active data segments leave in new memories, as page-aligned parts of a file. Visible: DataImage, DataImages.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "engine/base/owned_fd.h"

namespace wasmrun::abi {

/// Multiples of the system's page size, all but the memory.
struct DataImage {
  uint32_t memory = 0;
  uint32_t reserved = 0;
  uint64_t memory_offset = 0;
  uint64_t size_bytes = 0;
  uint64_t file_offset = 0;
};

/// For a memory that has images they hold all that the active segments of the module write to it. There are images only when no
/// active segment can be out of bounds: then it does not matter that all arrive at once.
struct DataImages {
  std::shared_ptr<const OwnedFd> file;
  std::vector<DataImage> images;

  bool cover(uint32_t memory) const {
    for (const DataImage& image : images) {
      if (image.memory == memory) return true;
    }
    return false;
  }
};

}  // namespace wasmrun::abi
