// Which memories a module fills with so much data that mapping beats copying. Visible: plan_images.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/abi/data_images.h"
#include "engine/module/module.h"

namespace wasmrun::artifact {

/// Images and their bytes, one behind the other; `file_offset` counts from the first one.
struct ImagePlan {
  std::vector<abi::DataImage> images;
  std::vector<uint8_t> bytes;
};

/// Empty when an active segment could be out of bounds, or the module has little data: then its segments are copied.
ImagePlan plan_images(const module::Module& module);

}  // namespace wasmrun::artifact
