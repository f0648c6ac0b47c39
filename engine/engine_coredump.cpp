// Core dumps of guests. Source: WebAssembly/tool-conventions, Coredump.md; the sections "coremodules" and "coreinstances" as
// bytecodealliance/wasm-tools has them (crates/wasm-encoder/src/core/dump.rs).
//
//   core          0x00 program:name
//   coremodules   vec(0x00 name:name)
//   coreinstances vec(0x00 module:u32 vec(memory:u32) vec(global:u32))
//   corestack     0x00 thread:name vec(frame)
//   frame         0x00 instance:u32 function:u32 code-offset:u32 vec(value) vec(value)     0x01 is a value that is not known
//
// Memories, globals and the memories' contents are the usual sections; the whole is a valid module that nobody is meant to run.
#include "engine/engine_coredump.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <string_view>

#include "engine/base/byte_reader.h"
#include "engine/runtime/instance.h"
#include "engine/runtime/store.h"

namespace wasmrun {
namespace {

using Bytes = std::vector<uint8_t>;
using runtime::Instance;
using runtime::Memory;

constexpr uint8_t kCustomSection = 0, kMemorySection = 5, kGlobalSection = 6, kDataSection = 11;
// The most segments that other tools accept is 100,000.
constexpr uint64_t kMaxChunks = uint64_t{1} << 16;
constexpr uint64_t kMinChunkBytes = 4096;

void write_unsigned(Bytes& bytes, uint64_t value) {
  for (; value >= 0x80; value >>= 7) bytes.push_back(static_cast<uint8_t>(value | 0x80));
  bytes.push_back(static_cast<uint8_t>(value));
}

void write_signed(Bytes& bytes, int64_t value) {
  for (; value < -64 || value > 63; value >>= 7) bytes.push_back(static_cast<uint8_t>(value | 0x80));
  bytes.push_back(static_cast<uint8_t>(value & 0x7f));
}

void write_name(Bytes& bytes, std::string_view name) {
  write_unsigned(bytes, name.size());
  bytes.insert(bytes.end(), name.begin(), name.end());
}

void append(Bytes& bytes, const void* data, size_t size) {
  const auto* const begin = static_cast<const uint8_t*>(data);
  bytes.insert(bytes.end(), begin, begin + size);
}

/// Numbers of things in the order in which they were first met.
template <class T>
class Numbers {
 public:
  uint32_t operator[](T* thing) {
    const auto [entry, is_new] = numbers_.try_emplace(thing, static_cast<uint32_t>(all_.size()));
    if (is_new) all_.push_back(thing);
    return entry->second;
  }
  const std::vector<T*>& all() const { return all_; }

 private:
  std::map<T*, uint32_t> numbers_;
  std::vector<T*> all_;
};

class Coredump {
 public:
  Coredump(const runtime::Store& store, const Trap& trap, const std::string& program, const CoredumpWrite& write)
      : store_(store), trap_(trap), program_(program), write_(write) {}

  bool run() {
    Bytes instances;
    const auto all = store_.instances();
    write_unsigned(instances, all.size());
    for (const auto& instance : all) add_instance(*instance, instances);
    Bytes core;
    core.push_back(0);
    write_name(core, program_);
    return put({'\0', 'a', 's', 'm', 1, 0, 0, 0}) && custom("core", core) && custom("coremodules", modules()) &&
           custom("coreinstances", instances) && custom("corestack", stack()) && section(kMemorySection, memories()) &&
           section(kGlobalSection, globals()) && data();
  }

 private:
  bool put(const Bytes& bytes) { return write_(bytes); }
  bool section(uint8_t id, const Bytes& content) {
    Bytes header{id};
    write_unsigned(header, content.size());
    return content.size() <= UINT32_MAX && put(header) && put(content);
  }
  bool custom(std::string_view name, const Bytes& content) {
    Bytes all;
    write_name(all, name);
    all.insert(all.end(), content.begin(), content.end());
    return section(kCustomSection, all);
  }

  void add_instance(const Instance& instance, Bytes& bytes) {
    bytes.push_back(0);
    write_unsigned(bytes, modules_[&instance.loaded()]);
    // An instance that could not be made may lack some.
    const std::span<Memory* const> memories = instance.memories();
    write_unsigned(bytes, memories.size());
    for (const Memory* memory : memories) write_unsigned(bytes, memories_[memory]);
    write_unsigned(bytes, instance.globals().size());
    for (const runtime::GlobalExtern& global : instance.globals()) write_unsigned(bytes, global_number(global));
  }

  uint32_t global_number(const runtime::GlobalExtern& global) {
    const auto [entry, is_new] = globals_.try_emplace(global.cell, static_cast<uint32_t>(global_list_.size()));
    if (is_new) global_list_.push_back(&global);
    return entry->second;
  }

  Bytes modules() {
    Bytes bytes;
    write_unsigned(bytes, modules_.all().size());
    for (const LoadedModule* loaded : modules_.all()) {
      const auto& instances = store_.instances();
      const auto first = std::find_if(instances.begin(), instances.end(), [&](const auto& i) { return &i->loaded() == loaded; });
      bytes.push_back(0);
      write_name(bytes, (*first)->name());
    }
    return bytes;
  }

  Bytes stack() {
    Bytes bytes{0};
    write_name(bytes, "main");
    write_unsigned(bytes, trap_.frames.size());
    for (const BacktraceFrame& frame : trap_.frames) {
      const module::Module& module = frame.instance->module();
      const module::ByteRange body = module.functions[frame.function].body;
      bytes.push_back(0);
      write_unsigned(bytes, instance_number(*frame.instance));
      write_unsigned(bytes, frame.function);
      // 0, the function's begin, where the instruction is not known.
      write_unsigned(bytes, frame.module_offset ? *frame.module_offset - body.begin : 0);
      const uint64_t locals = local_count(module, frame.function);
      write_unsigned(bytes, locals);
      bytes.insert(bytes.end(), static_cast<size_t>(locals), 0x01);
      write_unsigned(bytes, 0);  // operands: neither compiler keeps them where they could be found
    }
    return bytes;
  }

  /// A thread of the program has a store of its own: its instances stand for those of the first thread.
  size_t instance_number(const Instance& instance) const {
    const auto all = store_.instances();
    for (size_t i = 0; i < all.size(); ++i) {
      if (all[i].get() == &instance) return i;
    }
    for (size_t i = 0; i < all.size(); ++i) {
      if (&all[i]->loaded() == &instance.loaded()) return i;
    }
    return 0;
  }

  static uint64_t local_count(const module::Module& module, uint32_t function) {
    uint64_t count = module.func_type(FuncIndex(function)).params.size();
    TrustedReader reader(module.view(module.functions[function].body));
    for (uint32_t runs = reader.read_u32(); runs > 0; --runs) {
      count += reader.read_u32();
      skip_value_type(reader);
    }
    return count;
  }
  static void skip_value_type(TrustedReader& reader) {
    constexpr uint8_t kRef = 0x64, kRefNull = 0x63, kExact = 0x62;
    const uint8_t first = reader.read_u8();
    if (first != kRef && first != kRefNull) return;
    if (reader.peek_u8() == kExact) reader.read_u8();
    reader.read_s33();
  }

  Bytes memories() {
    Bytes bytes;
    write_unsigned(bytes, memories_.all().size());
    for (const Memory* memory : memories_.all()) {
      const module::MemoryType& type = memory->type();
      constexpr uint8_t kHasMax = 1, kShared = 2, k64 = 4, kPageSize = 8;
      const bool has_page_size = type.page_size_log2 != 16;
      const bool is_64 = type.limits.address_type == module::AddressType::I64;
      bytes.push_back(static_cast<uint8_t>((type.limits.max ? kHasMax : 0) | (type.limits.is_shared ? kShared : 0) | (is_64 ? k64 : 0) |
                                           (has_page_size ? kPageSize : 0)));
      write_unsigned(bytes, memory->bytes().size() >> type.page_size_log2);
      if (type.limits.max) write_unsigned(bytes, *type.limits.max);
      if (has_page_size) write_unsigned(bytes, type.page_size_log2);
    }
    return bytes;
  }

  Bytes globals() {
    Bytes bytes;
    write_unsigned(bytes, global_list_.size());
    for (const runtime::GlobalExtern* global : global_list_) write_global(*global, bytes);
    return bytes;
  }

  /// A constant. References mean nothing outside the process: all are written as null ones to functions.
  static void write_global(const runtime::GlobalExtern& global, Bytes& bytes) {
    using Kind = module::ValueType::Kind;
    constexpr uint8_t kI32Const = 0x41, kI64Const = 0x42, kF32Const = 0x43, kF64Const = 0x44, kRefNull = 0xd0, kVector = 0xfd, kEnd = 0x0b;
    const abi::Slot& value = *global.cell;
    const auto begin = [&](uint8_t type, uint8_t instruction) { bytes.insert(bytes.end(), {type, 0, instruction}); };
    switch (global.type.kind()) {
      case Kind::I32:
        begin(0x7f, kI32Const);
        write_signed(bytes, static_cast<int32_t>(value.low));
        break;
      case Kind::I64:
        begin(0x7e, kI64Const);
        write_signed(bytes, static_cast<int64_t>(value.low));
        break;
      case Kind::F32:
        begin(0x7d, kF32Const);
        append(bytes, &value.low, 4);
        break;
      case Kind::F64:
        begin(0x7c, kF64Const);
        append(bytes, &value.low, 8);
        break;
      case Kind::V128:
        begin(0x7b, kVector);
        bytes.push_back(0x0c);
        append(bytes, &value, 16);
        break;
      case Kind::Ref:
      case Kind::Bottom: {
        constexpr uint8_t kFuncRef = 0x70;
        begin(kFuncRef, kRefNull);
        bytes.push_back(kFuncRef);
        break;
      }
    }
    bytes.push_back(kEnd);
  }

  /// Bytes of a memory that are not all zero.
  struct Run {
    uint32_t memory;
    uint64_t begin, size_bytes;
  };

  std::vector<Run> runs() const {
    uint64_t total = 0;
    for (const Memory* memory : memories_.all()) total += memory->bytes().size();
    uint64_t chunk = kMinChunkBytes;
    while (total / chunk > kMaxChunks) chunk *= 2;
    static const Bytes kZeros(64 << 10);
    const auto is_zero = [&](std::span<const uint8_t> bytes) {
      for (size_t at = 0; at < bytes.size(); at += kZeros.size()) {
        if (std::memcmp(&bytes[at], kZeros.data(), std::min(kZeros.size(), bytes.size() - at)) != 0) return false;
      }
      return true;
    };
    std::vector<Run> found;
    for (uint32_t number = 0; number < memories_.all().size(); ++number) {
      const std::span<const uint8_t> bytes = memories_.all()[number]->bytes();
      for (uint64_t at = 0; at < bytes.size(); at += chunk) {
        const uint64_t size = std::min<uint64_t>(chunk, bytes.size() - at);
        if (is_zero(bytes.subspan(static_cast<size_t>(at), static_cast<size_t>(size)))) continue;
        if (!found.empty() && found.back().memory == number && found.back().begin + found.back().size_bytes == at) {
          found.back().size_bytes += size;
        } else {
          found.push_back({number, at, size});
        }
      }
    }
    return found;
  }

  Bytes segment_header(const Run& run) const {
    constexpr uint8_t kActiveOfMemory = 2, kI32Const = 0x41, kI64Const = 0x42, kEnd = 0x0b;
    const Memory& memory = *memories_.all()[run.memory];
    Bytes bytes;
    write_unsigned(bytes, run.memory == 0 ? 0 : kActiveOfMemory);
    if (run.memory != 0) write_unsigned(bytes, run.memory);
    if (memory.type().limits.address_type == module::AddressType::I64) {
      bytes.push_back(kI64Const);
      write_signed(bytes, static_cast<int64_t>(run.begin));
    } else {
      bytes.push_back(kI32Const);
      write_signed(bytes, static_cast<int32_t>(run.begin));
    }
    bytes.push_back(kEnd);
    write_unsigned(bytes, run.size_bytes);
    return bytes;
  }

  /// Straight from the memories: they may be larger than what is left of the machine's.
  bool data() {
    const std::vector<Run> all = runs();
    Bytes count;
    write_unsigned(count, all.size());
    uint64_t size = count.size();
    for (const Run& run : all) size += segment_header(run).size() + run.size_bytes;
    if (size > UINT32_MAX) return false;
    Bytes header{kDataSection};
    write_unsigned(header, size);
    if (!put(header) || !put(count)) return false;
    for (const Run& run : all) {
      const auto bytes = memories_.all()[run.memory]->bytes();
      if (!put(segment_header(run)) || !write_(bytes.subspan(static_cast<size_t>(run.begin), static_cast<size_t>(run.size_bytes)))) return false;
    }
    return true;
  }

  const runtime::Store& store_;
  const Trap& trap_;
  const std::string& program_;
  const CoredumpWrite& write_;
  Numbers<const LoadedModule> modules_;
  Numbers<const Memory> memories_;
  std::map<const abi::GlobalCell*, uint32_t> globals_;
  std::vector<const runtime::GlobalExtern*> global_list_;
};

}  // namespace

bool write_coredump(const runtime::Store& store, const Trap& trap, const std::string& program, const CoredumpWrite& write) {
  return Coredump(store, trap, program, write).run();
}

}  // namespace wasmrun
