#include "wasi/trace.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cinttypes>
#include <cstdio>
#include <vector>

#include "wasi/state.h"

namespace wasmrun::wasi {
namespace {

constexpr size_t kLongestText = 200;   // of a path in a line
constexpr uint32_t kMostBuffers = 1024;  // as many as a call looks at

template <class... Values>
std::string format(const char* pattern, Values... values) {
  char text[160];
  std::snprintf(text, sizeof text, pattern, values...);
  return text;
}

struct Bit {
  uint32_t value;
  const char* name;
};
constexpr Bit kOflags[] = {{1, "CREAT"}, {2, "DIRECTORY"}, {4, "EXCL"}, {8, "TRUNC"}};
constexpr Bit kFdflags[] = {{1, "APPEND"}, {2, "DSYNC"}, {4, "NONBLOCK"}, {8, "RSYNC"}, {16, "SYNC"}};
constexpr Bit kLookupflags[] = {{1, "SYMLINK_FOLLOW"}};
constexpr Bit kFstflags[] = {{1, "ATIM"}, {2, "ATIM_NOW"}, {4, "MTIM"}, {8, "MTIM_NOW"}};
constexpr Bit kRiflags[] = {{1, "PEEK"}, {2, "WAITALL"}};
constexpr Bit kSdflags[] = {{1, "RD"}, {2, "WR"}};
constexpr const char* kWhences[] = {"SET", "CUR", "END"};
constexpr const char* kUnstableWhences[] = {"CUR", "END", "SET"};
constexpr const char* kClocks[] = {"REALTIME", "MONOTONIC", "PROCESS_CPUTIME", "THREAD_CPUTIME"};
constexpr const char* kAdvices[] = {"NORMAL", "SEQUENTIAL", "RANDOM", "WILLNEED", "DONTNEED", "NOREUSE"};
constexpr const char* kFileTypes[] = {"UNKNOWN", "BLOCK_DEVICE", "CHARACTER_DEVICE", "DIRECTORY", "REGULAR_FILE", "SOCKET_DGRAM",
                                      "SOCKET_STREAM", "SYMBOLIC_LINK"};

std::string bits(std::span<const Bit> names, uint32_t value) {
  std::string text;
  for (const Bit& bit : names) {
    if (!(value & bit.value)) continue;
    text += (text.empty() ? "" : "|") + std::string(bit.name);
    value &= ~bit.value;
  }
  if (value || text.empty()) text += (text.empty() ? "" : "|") + (value ? format("0x%x", value) : "0");
  return text;
}

std::string one_of(std::span<const char* const> names, uint32_t value) {
  return value < names.size() ? names[value] : format("%u", value);
}

/// The standard's spelling, "NOENT".
std::string errno_name(Errno error) {
  if (error == Errno::TooBig) return "2BIG";
  std::string name = to_string(error);
  std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return name;
}

/// The bytes in double quotes; what is not printable ASCII as \xx.
std::string quoted_bytes(const GuestMemory& memory, uint32_t pointer, uint32_t size) {
  if (!memory.contains(pointer, size)) return format("0x%x", pointer);
  std::string text = "\"";
  for (uint32_t i = 0; i < size; ++i) {
    if (i == kLongestText) return text + "\"...";
    const auto byte = memory.read<uint8_t>(pointer + i);
    if (byte < 0x20 || byte > 0x7e || byte == '"' || byte == '\\') {
      text += format("\\%02x", byte);
    } else {
      text += static_cast<char>(byte);
    }
  }
  return text + "\"";
}

/// "2 buffers of 4096 bytes"
std::string buffers(const GuestMemory& memory, uint32_t pointer, uint32_t count) {
  uint64_t total = 0;
  const uint32_t seen = std::min(count, kMostBuffers);
  if (!memory.contains(pointer, uint64_t{seen} * kIovecSize)) return format("0x%x", pointer);
  for (uint32_t i = 0; i < seen; ++i) total += memory.read<uint32_t>(pointer + i * kIovecSize + 4);
  return format(count == 1 ? "%u buffer of %" PRIu64 " bytes" : "%u buffers of %" PRIu64 " bytes", count, total);
}

struct Parameter {
  std::string_view name;
  bool is_wide;
};
std::vector<Parameter> parameters_of(const FunctionEntry& function) {
  std::vector<Parameter> parameters;
  for (std::string_view rest = function.parameters; !rest.empty();) {
    const size_t comma = rest.find(", ");
    const std::string_view one = rest.substr(0, comma);
    parameters.push_back({one.substr(4), one.starts_with("I64")});
    rest = comma == rest.npos ? std::string_view() : rest.substr(comma + 2);
  }
  return parameters;
}

/// Bytes of the number that the call leaves behind the pointer of that name; 0 for anything else.
uint32_t result_size(std::string_view function, std::string_view name) {
  for (const char* word : {"argc", "argv_buf_size", "count", "environ_buf_size", "nread", "nwritten", "bufused", "opened_fd",
                           "nevents", "accepted_fd", "ro_datalen", "so_datalen"}) {
    if (name == word) return 4;
  }
  if (name == "resolution" || name == "time" || name == "new_offset" || (name == "offset" && function == "fd_tell")) return 8;
  return name == "ro_flags" ? 2 : 0;
}

bool is_fd(std::string_view name) {
  return name == "fd" || name == "old_fd" || name == "new_fd" || name == "from" || name == "to";
}

std::string number(const GuestMemory& memory, uint32_t pointer, uint32_t size) {
  if (!memory.contains(pointer, size)) return "?";
  const uint64_t value = size == 8   ? memory.read<uint64_t>(pointer)
                         : size == 4 ? memory.read<uint32_t>(pointer)
                                     : memory.read<uint16_t>(pointer);
  return format("%" PRIu64, value);
}

}  // namespace

std::string Trace::fd_name(State& state, uint32_t fd) const {
  const Descriptor* descriptor = state.fds.find(fd);
  if (!descriptor) return format("%u", fd);
  std::string name;
  if (descriptor->cold && descriptor->cold->is_preopen) {
    name = descriptor->cold->preopen_name;
  } else if (const auto known = paths_.find(descriptor->serial); known != paths_.end()) {
    name = known->second;
  }
  // The kernel knows best what the host's object is.
  char host[512];
  const ssize_t size = ::readlink(format("/proc/self/fd/%d", descriptor->host).c_str(), host, sizeof host);
  if (size > 0) name += (name.empty() ? "" : " -> ") + std::string(host, static_cast<size_t>(size));
  return format("%u", fd) + (name.empty() ? "" : "<" + name + ">");
}

std::string Trace::arguments_text(const FunctionEntry& function, const Call& call, const RawValue* arguments) const {
  const std::vector<Parameter> parameters = parameters_of(function);
  const GuestMemory& memory = call.memory;
  std::string text;
  for (size_t i = 0; i < parameters.size(); ++i) {
    const auto [name, is_wide] = parameters[i];
    const uint32_t value = arguments[i].i32;
    if (result_size(function.name, name)) continue;  // after the call
    text += (text.empty() ? "" : ", ") + std::string(name) + "=";
    const bool has_length = i + 1 < parameters.size() && parameters[i + 1].name == std::string(name) + "_len";
    if (name.ends_with("path") && has_length && function.name != "fd_prestat_dir_name") {
      text += quoted_bytes(memory, value, arguments[++i].i32);
    } else if ((name == "iovs" || name == "ri_data" || name == "si_data") && has_length) {
      text += buffers(memory, value, arguments[++i].i32);
    } else if (is_wide) {
      text += name.starts_with("rights") ? format("0x%" PRIx64, arguments[i].i64)
              : function.name == "fd_seek" ? format("%" PRId64, static_cast<int64_t>(arguments[i].i64))
                                           : format("%" PRIu64, arguments[i].i64);
    } else if (is_fd(name)) {
      text += fd_name(call.state, value);
    } else if (name == "oflags") {
      text += bits(kOflags, value);
    } else if (name == "fdflags" || (name == "flags" && function.name == "fd_fdstat_set_flags")) {
      text += bits(kFdflags, value);
    } else if (name == "dirflags" || name == "old_flags" || (name == "flags" && function.name.starts_with("call.thread.traced.path"))) {
      text += bits(kLookupflags, value);
    } else if (name == "fst_flags") {
      text += bits(kFstflags, value);
    } else if (name == "ri_flags") {
      text += bits(kRiflags, value);
    } else if (name == "how") {
      text += bits(kSdflags, value);
    } else if (name == "whence") {
      text += call.snapshot == Snapshot::Preview1 ? one_of(kWhences, value) : one_of(kUnstableWhences, value);
    } else if (name == "id") {
      text += one_of(kClocks, value);
    } else if (name == "advice") {
      text += one_of(kAdvices, value);
    } else if (name.ends_with("_len") || name == "nsubscriptions" || name == "rval" || name == "sig") {
      text += format("%u", value);
    } else {
      text += format("0x%x", value);
    }
  }
  return text;
}

std::string Trace::results_text(const FunctionEntry& function, const Call& call, const RawValue* arguments) const {
  const std::vector<Parameter> parameters = parameters_of(function);
  std::string text;
  for (size_t i = 0; i < parameters.size(); ++i) {
    const std::string_view name = parameters[i].name;
    const uint32_t pointer = arguments[i].i32;
    if (const uint32_t size = result_size(function.name, name)) {
      const bool is_new_fd = name == "opened_fd" || name == "accepted_fd";
      text += " " + std::string(name) + "=" +
              (is_new_fd && call.memory.contains(pointer, 4) ? fd_name(call.state, call.memory.read<uint32_t>(pointer))
                                                             : number(call.memory, pointer, size));
    } else if (name == "stat" && function.name.ends_with("filestat_get")) {
      const FilestatLayout layout = filestat_layout(call.snapshot);
      text += " " + one_of(kFileTypes, call.memory.read<uint8_t>(pointer + 16)) + " of " +
              number(call.memory, pointer + layout.size, 8) + " bytes";
    }
  }
  return text;
}

/// Remembers what the guest calls the descriptor that a path_open gave it.
void Trace::learn_path(const FunctionEntry& function, const Call& call, const RawValue* arguments) {
  if (function.name != "path_open") return;
  const uint32_t opened = call.memory.read<uint32_t>(arguments[8].i32);
  if (const Descriptor* descriptor = call.state.fds.find(opened)) paths_[descriptor->serial] = call.thread.traced.path;
}

void Trace::begin(const FunctionEntry& function, const Call& call, const RawValue* arguments) {
  if (form_ == Form::Lines) {
    call.thread.traced.line = std::string(function.name) + "(" + arguments_text(function, call, arguments) + ") = ";
    if (function.name == "path_open" && call.memory.contains(arguments[2].i32, arguments[3].i32)) {
      const Descriptor* base = call.state.fds.find(arguments[0].i32);
      const auto known = base ? paths_.find(base->serial) : paths_.end();
      call.thread.traced.path = base && base->cold && base->cold->is_preopen ? base->cold->preopen_name
              : known != paths_.end()                      ? known->second
                                                           : "";
      if (!call.thread.traced.path.ends_with('/')) call.thread.traced.path += '/';
      const std::string quoted = quoted_bytes(call.memory, arguments[2].i32, arguments[3].i32);
      call.thread.traced.path += quoted.substr(1, quoted.rfind('"') - 1);
    }
  }
  call.thread.traced.begin = std::chrono::steady_clock::now();
}

void Trace::end(const FunctionEntry& function, const Call& call, const RawValue* arguments, Errno error) {
  const auto time = std::chrono::steady_clock::now() - call.thread.traced.begin;
  const bool returned = !call.bad_argument && !call.exits;
  const bool failed = call.bad_argument || (returned && error != Errno::Success);
  if (form_ == Form::Summary) {
    Counts& counts = counts_[function.name];
    ++counts.calls;
    counts.errors += failed;
    counts.time += time;
    return;
  }
  if (call.bad_argument) {
    call.thread.traced.line += std::string("trap: ") + call.bad_argument + " is out of bounds";
  } else if (call.exits) {
    call.thread.traced.line += "exit";
  } else {
    call.thread.traced.line += errno_name(error);
    if (!failed) {
      learn_path(function, call, arguments);
      call.thread.traced.line += results_text(function, call, arguments);
    }
  }
  call.thread.traced.line += format(" <%.1f us>\n", std::chrono::duration<double, std::micro>(time).count());
  if (::write(fd_, call.thread.traced.line.data(), call.thread.traced.line.size()) < 0) return;
}

std::string Trace::summary() const {
  if (form_ == Form::Lines) return {};
  std::vector<std::pair<std::string_view, Counts>> rows(counts_.begin(), counts_.end());
  std::stable_sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) { return a.second.time > b.second.time; });
  Counts total;
  for (const auto& [name, counts] : rows) {
    total.calls += counts.calls;
    total.errors += counts.errors;
    total.time += counts.time;
  }
  const auto seconds = [](const Counts& counts) { return std::chrono::duration<double>(counts.time).count(); };
  const auto row = [&](const std::string& name, const Counts& counts) {
    const double share = total.time.count() ? 100 * seconds(counts) / seconds(total) : 0;
    const double each = counts.calls ? 1e6 * seconds(counts) / static_cast<double>(counts.calls) : 0;
    return format("%6.2f %11.6f %11.2f %10" PRIu64 " %9" PRIu64 " ", share, seconds(counts), each, counts.calls, counts.errors) + name + "\n";
  };
  std::string text = "% time     seconds  usecs/call      calls    errors function\n";
  for (const auto& [name, counts] : rows) text += row(std::string(name), counts);
  return text + row("total", total);
}

}  // namespace wasmrun::wasi
