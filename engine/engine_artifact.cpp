// Artifacts: compiled modules as files.
#include "engine/artifact/artifact.h"

#include <algorithm>

#include "engine/binary/read_module.h"
#include "engine/engine_impl.h"
#include "engine/runtime/loaded_module.h"

namespace wasmrun {

using runtime::LoadedModule;

artifact::Identity EngineImpl::identity(bool is_optimized) const {
  artifact::Identity identity;
  identity.build = own_build_id();
  identity.compiler = is_optimized ? optimizing_compiler_name() : "baseline";
  identity.cpu = compile_options.cpu;
  identity.guard_pages = compile_options.guard_pages;
  identity.canonical_nans = compile_options.canonical_nans;
  identity.level = is_optimized ? 2 : 0;
  identity.features = features;
  return identity;
}

namespace {

/// Why this process cannot run such code; empty when it can.
std::string why_not_runnable(const artifact::Identity& identity, const abi::CompileOptions& options) {
  if (identity.build != own_build_id()) return "compiled by another build of wasmrun";
  const abi::CpuFeatures host = abi::CpuFeatures::host();
  if (!host.includes(identity.cpu)) return "compiled for a processor with " + identity.cpu.to_string() + "; this one has " + host.to_string();
  if (identity.guard_pages && !options.guard_pages) return "compiled without --explicit-bounds-checks, which this run needs";
  if (options.canonical_nans && !identity.canonical_nans) return "compiled without --deterministic, which this run needs";
  return {};
}

/// That code and images are for this module.
Result<void> check_fits(const module::Module& module, const artifact::Artifact& artifact) {
  const Error misfit{ErrorKind::Malformed, "the artifact is damaged: its code is of another module"};
  if (artifact.code.functions.size() != module.functions.size() - module.imported_functions) return misfit;
  for (const abi::DataImage& image : artifact.images.images) {
    if (image.memory < module.imported_memories || image.memory >= module.memories.size()) return misfit;
    const module::MemoryType& type = module.memories[image.memory];
    const uint64_t size = std::min(type.limits.min, uint64_t{1} << 32) << type.page_size_log2;
    if (image.memory_offset > size || image.size_bytes > size - image.memory_offset) return misfit;
  }
  return {};
}

}  // namespace

bool looks_like_artifact(std::span<const uint8_t> bytes) { return artifact::looks_like_artifact(bytes); }

Result<void> EngineImpl::write_artifact(const LoadedModule& loaded, int fd) {
  return artifact::write(fd, loaded.module, loaded.code, identity(loaded.is_optimized));
}

Result<std::shared_ptr<const LoadedModule>> EngineImpl::load_artifact(int fd, uint64_t offset) {
  const artifact::Identity found = TRY(artifact::read_identity(fd, offset));
  if (const std::string reason = why_not_runnable(found, compile_options); !reason.empty()) {
    return Error{ErrorKind::Unsupported, "it was " + reason};
  }
  return load_artifact_of(found, fd, offset);
}

Result<std::shared_ptr<const LoadedModule>> EngineImpl::load_artifact_of(const artifact::Identity& expected, int fd, uint64_t offset,
                                                                                std::optional<std::span<const uint8_t>> module) {
  artifact::Artifact artifact = TRY(artifact::open(fd, offset, &expected, module));
  module::Module decoded = TRY(binary::read_module(artifact.module, *types, artifact.identity.features));
  TRY(check_fits(decoded, artifact));
  auto loaded = std::make_shared<LoadedModule>(std::move(decoded), types);
  loaded->code = std::move(artifact.code);
  loaded->images = std::move(artifact.images);
  loaded->is_optimized = artifact.identity.level > 0;
  loaded->read_function_names = binary::read_function_names;
  artifact::forget(loaded->module.bytes.span());
  return std::shared_ptr<const LoadedModule>(std::move(loaded));
}

Result<std::vector<uint8_t>> EngineImpl::module_of_artifact(int fd, uint64_t offset) { return artifact::read_module_bytes(fd, offset); }

}  // namespace wasmrun
