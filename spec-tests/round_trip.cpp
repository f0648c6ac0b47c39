// round_trip FILE|DIR...: prints modules as text and assembles the text again. Scripts (.wast): each module of theirs that is
// valid; anything else is one module. Function bodies and data segments must have the same bytes; in modules that were not made
// by our assembler numbers may be padded, and then the text of both must be the same. Exit status: 0 when all are.
#include <cstdio>
#include <fstream>
#include <optional>
#include <sstream>

#include "engine/base/byte_reader.h"
#include "engine/text/script.h"
#include "engine/text/text.h"
#include "spec-tests/lists.h"

namespace {

using namespace wasmrun;
using Bytes = std::vector<uint8_t>;

constexpr uint8_t kCode = 10, kData = 11;

/// The content of the section, or nothing.
Bytes section(const Bytes& module, uint8_t wanted) {
  ByteReader reader(module);
  reader.read_bytes(8);
  while (!reader.at_end()) {
    const uint8_t id = reader.read_u8();
    const auto content = reader.read_bytes(reader.read_u32());
    if (id == wanted) return {content.begin(), content.end()};
  }
  return {};
}

struct Count {
  size_t modules = 0, same_code = 0, same_data = 0, different = 0;
};

std::optional<std::string> print(Engine& engine, const Bytes& module) {
  std::string text;
  const auto printed = engine.print_text(module, [&](std::string_view part) { text += part; });
  if (!printed.ok()) return std::nullopt;
  return text;
}

void check(Engine& engine, const std::string& place, const Bytes& module, bool is_ours, Count& count) {
  const auto text = print(engine, module);
  if (!text) return;  // invalid
  ++count.modules;
  const auto again = text::assemble_module(*text, module::FeatureSet::all());
  if (!again.ok()) {
    ++count.different;
    std::printf("%s: %s\n", place.c_str(), again.error().message.c_str());
    return;
  }
  const bool same_code = section(module, kCode) == section(again.value(), kCode);
  const bool same_data = section(module, kData) == section(again.value(), kData);
  count.same_code += same_code;
  count.same_data += same_data;
  if ((is_ours && !(same_code && same_data)) || print(engine, again.value()) != text) {
    ++count.different;
    std::printf("%s: another module\n", place.c_str());
  }
}

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace

int main(int argc, char** argv) {
  auto engine = Engine::create({.features = module::FeatureSet::all()});
  if (!engine.ok()) return 2;
  Count count;
  for (int i = 1; i < argc; ++i) {
    const auto files = spec_tests::find_scripts(argv[i]);
    if (!files.ok()) return std::fprintf(stderr, "%s\n", files.error().message.c_str()), 2;
    for (const auto& file : files.value()) {
      const std::string source = read_file(file.path);
      if (!file.path.ends_with(".wast")) {
        check(*engine.value(), file.name, Bytes(source.begin(), source.end()), false, count);
        continue;
      }
      const auto script = text::parse_script(source, module::FeatureSet::all());
      if (!script.ok()) continue;
      for (const text::Command& command : script.value().commands) {
        using Kind = text::Command::Kind;
        const bool may_be_valid = command.kind == Kind::Module || command.kind == Kind::ModuleDefinition ||
                                  command.kind == Kind::AssertUnlinkable || command.kind == Kind::AssertTrapModule;
        if (!may_be_valid || !command.module.bytes.ok()) continue;
        check(*engine.value(), file.name + ":" + std::to_string(command.line), command.module.bytes.value(),
              !command.module.is_quoted, count);
      }
    }
  }
  std::printf("%zu modules, %zu with the same code section, %zu with the same data section; %zu different\n", count.modules, count.same_code,
              count.same_data, count.different);
  return count.different || count.modules == 0 ? 1 : 0;
}
