// The file of --perf. Visible: write_perf_map.
#pragma once

#include <optional>
#include <string_view>

#include "cmd/report.h"

namespace wasmrun::cmd {

/// Writes /tmp/perf-PID.map, where perf looks for the names of code that is in no file. Failures: the file cannot be made.
std::optional<Failure> write_perf_map(std::string_view text);

}  // namespace wasmrun::cmd
