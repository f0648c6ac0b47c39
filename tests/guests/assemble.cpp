// assemble FILE.wat FILE.wasm: the text format to the binary format, with the project's own assembler.
#include <cstdio>
#include <fstream>
#include <sstream>

#include "engine/text/text.h"

int main(int argc, char** argv) {
  if (argc != 3) return std::fprintf(stderr, "usage: assemble FILE.wat FILE.wasm\n"), 2;
  std::ifstream input(argv[1], std::ios::binary);
  std::stringstream source;
  source << input.rdbuf();
  const auto bytes = wasmrun::text::assemble_module(source.str());
  if (!input || !bytes.ok()) {
    std::fprintf(stderr, "%s: %s\n", argv[1], bytes.ok() ? "cannot be read" : bytes.error().message.c_str());
    return 1;
  }
  std::ofstream output(argv[2], std::ios::binary);
  output.write(reinterpret_cast<const char*>(bytes.value().data()), static_cast<std::streamsize>(bytes.value().size()));
  output.close();
  return output ? 0 : 1;
}
