// Reads the DWARF of modules as backtraces do.
// usage: fuzz_dwarf mutate ROUNDS SEED FILE...   damages the debugging sections again and again: nothing may crash or take long
//        fuzz_dwarf print STEP FILE              prints what is known of every STEP-th byte of code, as llvm-symbolizer does
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "engine/base/byte_reader.h"
#include "engine/dwarf/source.h"

namespace {

using wasmrun::dwarf::SourceFrame;

#if defined(__SANITIZE_ADDRESS__)
constexpr double kLimitMs = 20000;
#else
constexpr double kLimitMs = 4000;
#endif

std::vector<uint8_t> read_file(const char* path) {
  std::vector<uint8_t> bytes;
  std::FILE* file = std::fopen(path, "rb");
  if (!file) return bytes;
  uint8_t buffer[65536];
  for (size_t n; (n = std::fread(buffer, 1, sizeof buffer, file)) > 0;) bytes.insert(bytes.end(), buffer, buffer + n);
  std::fclose(file);
  return bytes;
}

/// The debugging sections as copies, which may be damaged, and how large the code is.
struct Parsed {
  std::vector<std::pair<std::string, std::vector<uint8_t>>> sections;
  uint64_t code_bytes = 0;
  std::vector<uint64_t> function_begins;

  wasmrun::dwarf::CodeAddress at(uint64_t address) const {
    const auto after = std::upper_bound(function_begins.begin(), function_begins.end(), address);
    return {address, after == function_begins.begin() ? 0 : *(after - 1)};
  }
  wasmrun::dwarf::Sections views() const {
    wasmrun::dwarf::Sections views;
    for (const auto& [name, bytes] : sections) views.add(name, bytes);
    return views;
  }
};

Parsed parse(const std::vector<uint8_t>& module) {
  Parsed parsed;
  wasmrun::ByteReader reader(module);
  reader.read_bytes(8);
  while (!reader.at_end() && !reader.failed()) {
    const uint8_t id = reader.read_u8();
    const auto content = reader.read_bytes(reader.read_u32());
    if (id == 10) {
      parsed.code_bytes = content.size();
      wasmrun::ByteReader code(content);
      for (uint32_t count = code.read_u32(); count > 0 && !code.failed(); --count) {
        const uint32_t size = code.read_u32();
        parsed.function_begins.push_back(code.offset());
        code.read_bytes(size);
      }
    }
    if (id != 0) continue;
    wasmrun::ByteReader custom(content);
    const auto name = custom.read_bytes(custom.read_u32());
    const auto bytes = custom.read_bytes(custom.remaining());
    parsed.sections.emplace_back(std::string(name.begin(), name.end()), std::vector<uint8_t>(bytes.begin(), bytes.end()));
  }
  return parsed;
}

class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed * 2 + 1) {}
  uint64_t below(uint64_t bound) {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 7;
    state_ ^= state_ << 17;
    return state_ % bound;
  }

 private:
  uint64_t state_;
};

/// Damages one place: a byte, a word that becomes extreme, bytes from elsewhere, or everything behind it.
void damage(Parsed& parsed, Random& random) {
  auto& bytes = parsed.sections[random.below(parsed.sections.size())].second;
  if (bytes.empty()) return;
  const size_t at = random.below(bytes.size());
  switch (random.below(6)) {
    case 0: bytes[at] ^= static_cast<uint8_t>(1u << random.below(8)); break;
    case 1: bytes[at] = static_cast<uint8_t>(random.below(256)); break;
    case 2: std::memset(&bytes[at], 0xff, std::min<size_t>(1 + random.below(8), bytes.size() - at)); break;
    case 3: std::memset(&bytes[at], 0, std::min<size_t>(1 + random.below(8), bytes.size() - at)); break;
    case 4: {
      const size_t from = random.below(bytes.size());
      const size_t count = std::min<size_t>({1 + random.below(64), bytes.size() - at, bytes.size() - from});
      std::memmove(&bytes[at], &bytes[from], count);
      break;
    }
    default:
      if (random.below(8) == 0) bytes.resize(at);
      break;
  }
}

int mutate(uint64_t rounds, uint64_t seed, const char* path) {
  const Parsed original = parse(read_file(path));
  if (!original.views().has_lines()) return std::printf("%s: no DWARF\n", path), 0;
  Random random(seed);
  double slowest = 0;
  uint64_t frames = 0;
  for (uint64_t round = 0; round < rounds; ++round) {
    Parsed damaged = original;
    for (uint64_t i = 1 + random.below(20); i > 0; --i) damage(damaged, random);
    std::vector<wasmrun::dwarf::CodeAddress> addresses;
    for (int i = 0; i < 20; ++i) addresses.push_back(original.at(random.below(original.code_bytes)));
    const auto begin = std::chrono::steady_clock::now();
    for (const auto& found : wasmrun::dwarf::find_source(damaged.views(), addresses)) frames += found.size();
    if (round % 8 == 0) wasmrun::dwarf::read_source_lines(damaged.views(), original.function_begins);
    const double ms = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count();
    slowest = std::max(slowest, ms);
    if (ms > kLimitMs) return std::printf("%s: round %llu took %.0f ms\n", path, static_cast<unsigned long long>(round), ms), 1;
  }
  std::printf("%s: %llu rounds, %llu frames, slowest %.1f ms\n", path, static_cast<unsigned long long>(rounds),
              static_cast<unsigned long long>(frames), slowest);
  return 0;
}

int print(uint64_t step, const char* path) {
  const Parsed parsed = parse(read_file(path));
  std::vector<wasmrun::dwarf::CodeAddress> addresses;
  for (uint64_t address = 1; address < parsed.code_bytes; address += step) addresses.push_back(parsed.at(address));
  const auto found = wasmrun::dwarf::find_source(parsed.views(), addresses);
  for (size_t i = 0; i < addresses.size(); ++i) {
    std::printf("0x%llx", static_cast<unsigned long long>(addresses[i].address));
    for (const SourceFrame& frame : found[i])
      std::printf(" %s %s:%u:%u", frame.function.c_str(), frame.file.substr(frame.file.rfind('/') + 1).c_str(), frame.line, frame.column);
    std::printf("\n");
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string mode = argc > 1 ? argv[1] : "";
  if (mode == "print" && argc == 4) return print(std::strtoull(argv[2], nullptr, 0), argv[3]);
  if (mode != "mutate" || argc < 5) return std::printf("usage: fuzz_dwarf mutate ROUNDS SEED FILE... | print STEP FILE\n"), 2;
  for (int i = 4; i < argc; ++i) {
    if (mutate(std::strtoull(argv[2], nullptr, 0), std::strtoull(argv[3], nullptr, 0), argv[i]) != 0) return 1;
  }
  return 0;
}
