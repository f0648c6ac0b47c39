// `wasmrun exec`: for callers that append words of their own, such as shebang lines and binfmt_misc.
#include "cmd/subcommands.h"

namespace wasmrun::cmd {

int exec(const CommandLine& line) { return run(line); }

}  // namespace wasmrun::cmd
