// Reads the values of options: directories, variables, sizes, durations. Visible: DirGrant, Preload, parse_*.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace wasmrun::cmd {

/// A directory of the host that the guest sees under a name of its own.
struct DirGrant {
  std::string host;
  std::string guest;
  bool read_only = false;
  friend bool operator==(const DirGrant&, const DirGrant&) = default;
};

/// A module that is instantiated before APP; its exports can be imported under `name`.
struct Preload {
  std::string name;
  std::string file;
  friend bool operator==(const Preload&, const Preload&) = default;
};

/// Variables and their values.
using Environment = std::vector<std::pair<std::string, std::string>>;

/// A value, or what is wrong with the word that should have been one.
template <class T>
struct Parsed {
  std::optional<T> value;
  std::string problem;
};

/// "HOST[::GUEST][:ro]"; GUEST defaults to HOST as typed. A value that ends in "::ro" is refused: it could mean two things.
Parsed<DirGrant> parse_dir(std::string_view text);

/// "NAME=FILE".
Parsed<Preload> parse_preload(std::string_view text);

/// A positive number and its unit, ms, s, m or h: "1.5s".
Parsed<std::chrono::milliseconds> parse_duration(std::string_view text);

/// A positive whole number.
Parsed<uint32_t> parse_count(std::string_view text);

/// A whole number, decimal or 0x; "-", which an option without a value has, is 0.
Parsed<uint64_t> parse_seed(std::string_view text);

/// A positive whole number of bytes, with an optional unit: K, M, G, KiB, MiB, GiB (powers of 1024) or KB, MB, GB (of 1000).
Parsed<uint64_t> parse_size(std::string_view text);

/// The guest's environment: the host's when `inherit`, then `settings` in order, a later one replacing an
/// earlier one of the same name. "K=V" sets a variable; "K" copies the host's, or removes nothing when the host has none.
Environment guest_environment(std::span<const std::string> settings, bool inherit, std::span<const std::string_view> host);

/// What is wrong with a --env value; empty when nothing is.
std::string check_env(std::string_view text);

}  // namespace wasmrun::cmd
