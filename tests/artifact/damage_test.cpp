// Whatever the bytes are: an error that says what is wrong, and no crash.
#include <fcntl.h>

#include "engine/artifact/artifact.h"
#include "engine/artifact/format.h"
#include "engine/base/xxh3.h"
#include "engine/binary/read_module.h"
#include "engine/module/type_registry.h"
#include "tests/artifact/file.h"

#include <cstddef>
#include <cstring>

using namespace wasmrun;
using namespace wasmrun::artifact::tests;

namespace {

const char kText[] = R"((module
  (tag $t)
  (memory 3)
  (func $f (param i32) (result i32) (i32.div_s (i32.const 6) (local.get 0)))
  (func (export "run") (block $b (try_table (catch $t $b) (drop (call $f (i32.const 0))) (throw $t))))
  (data (i32.const 0) "data")))";

Bytes small_artifact() {
  const auto engine = new_engine();
  return bytes_of(compile(*engine, kText));
}

/// Opens the bytes as a file.
std::string open_error(const Bytes& bytes) {
  const OwnedFd file = file_of(bytes);
  return error_of(artifact::open(file.get(), 0, nullptr));
}

/// As a forger would: every checksum right again.
void repair_hashes(Bytes& bytes) {
  artifact::Header header;
  std::memcpy(&header, bytes.data(), sizeof header);
  for (artifact::FileRange& part : header.parts) {
    if (part.offset <= bytes.size() && part.size_bytes <= bytes.size() - part.offset)
      part.hash = artifact::hash_of(std::span<const uint8_t>(bytes).subspan(part.offset, part.size_bytes));
  }
  header.hash = xxh3_64({reinterpret_cast<const uint8_t*>(&header), offsetof(artifact::Header, hash)});
  std::memcpy(bytes.data(), &header, sizeof header);
}

}  // namespace

TEST_CASE("an artifact that is cut off anywhere is refused", "[artifact]") {
  const Bytes whole = small_artifact();
  REQUIRE(open_error(whole).empty());
  for (size_t size = 0; size < whole.size(); ++size) {
    const std::string error = open_error({whole.begin(), whole.begin() + static_cast<ptrdiff_t>(size)});
    if (!error.starts_with("malformed: the artifact is damaged: ")) FAIL(size << ": " << error);
  }
}

TEST_CASE("a flipped bit anywhere in an artifact's parts is found", "[artifact]") {
  const Bytes whole = small_artifact();
  artifact::Header header;
  std::memcpy(&header, whole.data(), sizeof header);
  const auto matters = [&](size_t at) {
    if (at < sizeof header) return true;
    for (const artifact::FileRange& part : header.parts) {
      if (at >= part.offset && at < part.end()) return true;
    }
    return false;
  };
  size_t flipped = 0;
  for (size_t at = 0; at < whole.size(); ++at) {
    if (!matters(at)) continue;
    Bytes bytes = whole;
    bytes[at] ^= static_cast<uint8_t>(1 << at % 8);
    const std::string error = open_error(bytes);
    if (!error.starts_with("malformed: the artifact is damaged: ") && !error.starts_with("unsupported: ")) FAIL(at << ": " << error);
    ++flipped;
  }
  CHECK(flipped > 500);
}

TEST_CASE("a flipped bit is found at both ends of large code and data", "[artifact]") {
  std::string text = "(module (memory 8) (data (i32.const 100) \"" + std::string(400000, 'x') + "\")";
  for (int i = 0; i < 8000; ++i) {
    text += "(func (param i32) (result i32) (i32.add (i32.mul (local.get 0) (i32.const " + std::to_string(i) +
            ")) (i32.div_u (i32.const 7) (i32.xor (local.get 0) (i32.const 123456)))))";
  }
  const auto engine = new_engine();
  const OwnedFd file = compile(*engine, text + ")");
  const Bytes whole = bytes_of(file);
  artifact::Header header;
  std::memcpy(&header, whole.data(), sizeof header);
  for (const auto& [part, error] : {std::pair(artifact::Code, "malformed: the artifact is damaged: its code has changed"),
                                    std::pair(artifact::ImageBytes, "malformed: the artifact is damaged: its data has changed")}) {
    const artifact::FileRange& range = header.parts[part];
    REQUIRE(range.size_bytes > artifact::kHashedAtOnce);
    for (const uint64_t at : {range.offset, range.offset + artifact::kHashedAtOnce - 1, range.offset + artifact::kHashedAtOnce, range.end() - 1}) {
      Bytes bytes = whole;
      bytes[at] ^= 4;
      CHECK(open_error(bytes) == error);
    }
  }
  CHECK(open_error(whole).empty());
}

TEST_CASE("a header with right checksums and wrong numbers does not crash the reader", "[artifact]") {
  const Bytes whole = small_artifact();
  const auto engine = new_engine();
  for (size_t at = offsetof(artifact::Header, header_bytes); at + 8 <= sizeof(artifact::Header); at += 4) {
    for (const uint64_t value : {uint64_t{0}, uint64_t{1}, uint64_t{4096}, uint64_t{1} << 31, UINT64_MAX, UINT64_MAX - 4095}) {
      Bytes bytes = whole;
      std::memcpy(bytes.data() + at, &value, sizeof value);
      repair_hashes(bytes);
      const OwnedFd file = file_of(bytes);
      // Any answer is one.
      (void)engine->load_artifact(file.get(), 0);
      (void)engine->module_of_artifact(file.get(), 0);
    }
  }
}

TEST_CASE("tables with right checksums and wrong numbers do not crash the reader", "[artifact]") {
  const Bytes whole = small_artifact();
  artifact::Header header;
  std::memcpy(&header, whole.data(), sizeof header);
  for (const auto part : {artifact::Functions, artifact::ByAddress, artifact::Handlers, artifact::HandlerSites}) {
    const artifact::FileRange& range = header.parts[part];
    REQUIRE(range.size_bytes > 0);
    size_t refused = 0;
    for (size_t at = range.offset; at + 4 <= range.end(); at += 4) {
      for (const uint32_t value : {0xfffffff0u, 0x7fffffffu}) {
        Bytes bytes = whole;
        std::memcpy(bytes.data() + at, &value, sizeof value);
        repair_hashes(bytes);
        refused += open_error(bytes) == "malformed: the artifact is damaged: its tables do not fit its code";
      }
    }
    CHECK(refused > 0);
  }
}

TEST_CASE("chains of inlined functions that lead nowhere, in circles or too far are refused", "[artifact]") {
  const OwnedFd file = file_of(small_artifact());
  auto opened = artifact::open(file.get(), 0, nullptr);
  REQUIRE(opened.ok());
  module::TypeRegistry types;
  const auto decoded = binary::read_module(opened.value().module, types, module::FeatureSet::defaults());
  REQUIRE(decoded.ok());
  const auto error_with = [&](std::vector<abi::InlinedLocation> inlined) {
    opened.value().code.inlined = std::move(inlined);
    const OwnedFd written = new_file();
    REQUIRE(artifact::write(written.get(), decoded.value(), opened.value().code, opened.value().identity).ok());
    return error_of(artifact::open(written.get(), 0, nullptr));
  };
  const auto chain = [](uint32_t length) {
    std::vector<abi::InlinedLocation> inlined = {{0, 10, 20}};
    while (inlined.size() < length) inlined.push_back({1, 10, abi::InlinedLocation::kFlag + static_cast<uint32_t>(inlined.size()) - 1});
    return inlined;
  };
  constexpr uint32_t kFlag = abi::InlinedLocation::kFlag;
  CHECK(error_with({{1, 0, 0}, {0, 10, kFlag}}).empty());
  CHECK(error_with(chain(abi::InlinedLocation::kMaxDepth)).empty());
  const std::string refused = "malformed: the artifact is damaged: its tables do not fit its code";
  CHECK(error_with(chain(abi::InlinedLocation::kMaxDepth + 1)) == refused);
  CHECK(error_with({{2, 10, 20}}) == refused);          // there are two functions
  CHECK(error_with({{0, kFlag, 20}}) == refused);
  CHECK(error_with({{0, 10, kFlag}}) == refused);       // in itself
  CHECK(error_with({{0, 10, kFlag | 1}, {0, 10, 20}}) == refused);
  CHECK(error_with({{0, 10, UINT32_MAX}}) == refused);
}

TEST_CASE("what is no artifact is said to be none", "[artifact]") {
  CHECK(open_error({}) == "malformed: the artifact is damaged: it is cut off");
  CHECK(open_error(Bytes(10000, 0)) == "malformed: the artifact is damaged: it does not begin as one");
  const OwnedFd folder(::open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  CHECK(error_of(artifact::open(folder.get(), 0, nullptr)) == "malformed: the artifact is damaged: there is none");
  CHECK(error_of(artifact::open(-1, 0, nullptr)).starts_with("io: "));
  CHECK_FALSE(looks_like_artifact(Bytes{0, 'a', 's', 'm', 1, 0, 0, 0}));
  CHECK(looks_like_artifact(small_artifact()));
}

TEST_CASE("an artifact of another identity is refused, and the difference said", "[artifact]") {
  const OwnedFd file = file_of(small_artifact());
  const auto found = artifact::read_identity(file.get(), 0);
  REQUIRE(found.ok());
  CHECK(found.value().compiler == "baseline");
  CHECK(found.value().build != BuildId{});
  CHECK(artifact::open(file.get(), 0, &found.value()).ok());
  const auto error_for = [&](auto change) {
    artifact::Identity expected = found.value();
    change(expected);
    return error_of(artifact::open(file.get(), 0, &expected));
  };
  CHECK(error_for([](auto& i) { i.build[3] ^= 1; }) == "unsupported: the artifact was compiled by another build of wasmrun");
  CHECK(error_for([](auto& i) { i.compiler = "LLVM 7"; }) == "unsupported: the artifact was compiled by baseline, not LLVM 7");
  CHECK(error_for([](auto& i) { i.cpu.avx2 = !i.cpu.avx2; }).starts_with("unsupported: the artifact was compiled for a processor with"));
  CHECK(error_for([](auto& i) { i.guard_pages = !i.guard_pages; }).starts_with("unsupported: the artifact was compiled "));
  CHECK(error_for([](auto& i) { i.canonical_nans = true; }) == "unsupported: the artifact was compiled without canonical NaNs");
  CHECK(error_for([](auto& i) { i.level = 2; }) == "unsupported: the artifact was compiled with -O0");
  CHECK(error_for([](auto& i) { i.features = module::FeatureSet::none(); }) ==
        "unsupported: the artifact was compiled with other features enabled");
}

TEST_CASE("an engine refuses artifacts that it cannot run as asked", "[artifact]") {
  const auto engine = new_engine();
  const OwnedFd plain = compile(*engine, "(module)");
  CHECK(error_of(new_engine({.explicit_bounds_checks = true})->load_artifact(plain.get(), 0)).starts_with("unsupported: it was compiled without --explicit-bounds-checks"));
  CHECK(error_of(new_engine({.canonical_nans = true})->load_artifact(plain.get(), 0)) == "unsupported: it was compiled without --deterministic, which this run needs");
  // The other way round is no harm.
  const OwnedFd careful = compile(*new_engine({.explicit_bounds_checks = true, .canonical_nans = true}), "(module)");
  CHECK(engine->load_artifact(careful.get(), 0).ok());
  const OwnedFd portable = compile(*new_engine({.target_cpu = "x86-64-v2"}), "(module)");
  CHECK(engine->load_artifact(portable.get(), 0).ok());
  CHECK(error_of(Engine::create({.target_cpu = "pentium"})).starts_with("unsupported: no such processor: 'pentium'"));
}

TEST_CASE("a full disk is an error of writing", "[artifact]") {
  const OwnedFd full(::open("/dev/full", O_WRONLY | O_CLOEXEC));
  const auto engine = new_engine();
  const std::string text = "(module)";
  auto loaded = engine->load({text.begin(), text.end()});
  REQUIRE(loaded.ok());
  CHECK(error_of(engine->write_artifact(*loaded.value(), full.get())) == "io: No space left on device");
}
