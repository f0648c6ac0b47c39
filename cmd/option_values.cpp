// Reads the values of options.
#include "cmd/option_values.h"

#include <charconv>
#include <cmath>

namespace wasmrun::cmd {

Parsed<DirGrant> parse_dir(std::string_view text) {
  if (text.ends_with("::ro")) {
    const std::string host(text.substr(0, text.size() - 4));
    return {std::nullopt, "'::ro' could name a directory or ask for read-only: write " + host + ":ro or " + host + "::./ro"};
  }
  DirGrant grant;
  if (text.ends_with(":ro")) {
    grant.read_only = true;
    text.remove_suffix(3);
  }
  const size_t separator = text.find("::");
  grant.host = text.substr(0, separator);
  grant.guest = separator == std::string_view::npos ? grant.host : text.substr(separator + 2);
  if (grant.host.empty()) return {std::nullopt, "the host directory is empty"};
  if (grant.guest.empty()) return {std::nullopt, "the guest's name after '::' is empty"};
  return {std::move(grant), {}};
}

Parsed<Preload> parse_preload(std::string_view text) {
  const size_t equals = text.find('=');
  if (equals == std::string_view::npos) return {std::nullopt, "expected NAME=FILE"};
  if (equals + 1 == text.size()) return {std::nullopt, "the file after '=' is missing"};
  return {Preload{std::string(text.substr(0, equals)), std::string(text.substr(equals + 1))}, {}};
}

Parsed<std::chrono::milliseconds> parse_duration(std::string_view text) {
  const char* const end = text.data() + text.size();
  double number = 0;
  const auto [unit_begin, error] = std::from_chars(text.data(), end, number, std::chars_format::fixed);
  const std::string_view unit(unit_begin, static_cast<size_t>(end - unit_begin));
  if (error == std::errc::result_out_of_range) return {std::nullopt, "the number is too large"};
  if (error != std::errc{} || !std::isfinite(number)) return {std::nullopt, "expected a number and a unit, such as 500ms or 2s"};
  double factor = 0;
  if (unit == "ms") factor = 1;
  else if (unit == "s") factor = 1000;
  else if (unit == "m") factor = 60'000;
  else if (unit == "h") factor = 3'600'000;
  else return {std::nullopt, unit.empty() ? "the unit is missing: ms, s, m or h" : "the unit must be ms, s, m or h"};
  const double milliseconds = std::ceil(number * factor);
  if (milliseconds < 1) return {std::nullopt, "the duration must be more than 0"};
  if (milliseconds > 1e15) return {std::nullopt, "the number is too large"};
  return {std::chrono::milliseconds(static_cast<int64_t>(milliseconds)), {}};
}

Parsed<uint32_t> parse_count(std::string_view text) {
  uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc::result_out_of_range) return {std::nullopt, "the number is too large"};
  if (error != std::errc{} || end != text.data() + text.size() || number == 0) return {std::nullopt, "expected a whole number above 0"};
  return {number, {}};
}

Parsed<uint64_t> parse_seed(std::string_view text) {
  if (text == "-") return {0, {}};
  const bool is_hexadecimal = text.starts_with("0x");
  if (is_hexadecimal) text.remove_prefix(2);
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, is_hexadecimal ? 16 : 10);
  if (error == std::errc::result_out_of_range) return {std::nullopt, "the number is larger than 64 bits"};
  if (error != std::errc{} || end != text.data() + text.size()) return {std::nullopt, "expected a whole number such as 42"};
  return {number, {}};
}

Parsed<uint64_t> parse_size(std::string_view text) {
  const char* const end = text.data() + text.size();
  uint64_t number = 0;
  const auto [unit_begin, error] = std::from_chars(text.data(), end, number);
  const std::string_view unit(unit_begin, static_cast<size_t>(end - unit_begin));
  if (error == std::errc::result_out_of_range) return {std::nullopt, "the number is too large"};
  if (error != std::errc{}) return {std::nullopt, "expected a number of bytes, such as 65536 or 64MiB"};
  uint64_t factor = 0;
  if (unit.empty() || unit == "B") factor = 1;
  else if (unit == "K" || unit == "KiB") factor = uint64_t{1} << 10;
  else if (unit == "M" || unit == "MiB") factor = uint64_t{1} << 20;
  else if (unit == "G" || unit == "GiB") factor = uint64_t{1} << 30;
  else if (unit == "KB") factor = 1'000;
  else if (unit == "MB") factor = 1'000'000;
  else if (unit == "GB") factor = 1'000'000'000;
  else return {std::nullopt, "the unit must be K, M, G, KiB, MiB, GiB, KB, MB or GB"};
  uint64_t bytes = 0;
  if (__builtin_mul_overflow(number, factor, &bytes)) return {std::nullopt, "the number is too large"};
  if (bytes == 0) return {std::nullopt, "the size must be more than 0"};
  return {bytes, {}};
}

namespace {

std::string_view variable_name(std::string_view setting) { return setting.substr(0, setting.find('=')); }

/// `setting` is "K=V".
void set_variable(Environment& environment, std::string_view setting) {
  const std::string_view name = variable_name(setting);
  const std::string_view value = setting.substr(name.size() + 1);
  for (auto& [existing, existing_value] : environment) {
    if (existing == name) {
      existing_value = value;
      return;
    }
  }
  environment.emplace_back(name, value);
}

}  // namespace

Environment guest_environment(std::span<const std::string> settings, bool inherit, std::span<const std::string_view> host) {
  Environment environment;
  if (inherit) {
    for (const std::string_view setting : host) {
      if (!variable_name(setting).empty() && setting.find('=') != std::string_view::npos) set_variable(environment, setting);
    }
  }
  for (const std::string& setting : settings) {
    if (setting.find('=') != std::string::npos) {
      set_variable(environment, setting);
      continue;
    }
    for (const std::string_view candidate : host) {
      if (candidate.size() > setting.size() && variable_name(candidate) == setting) set_variable(environment, candidate);
    }
  }
  return environment;
}

std::string check_env(std::string_view text) {
  if (variable_name(text).empty()) return "the variable's name is empty";
  return {};
}

}  // namespace wasmrun::cmd
