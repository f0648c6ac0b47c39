// wast_runner: `wasmrun wast` as a program of its own, without the rest of the command.
#include <string>
#include <vector>

#include "spec-tests/wast_command.h"

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  return wasmrun::spec_tests::run_wast_command(words);
}
