#include "codec/format_version.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "codec/configuration.hpp"
#include "engram/base/error.hpp"

namespace engram::codec {

std::optional<FormatVersion> parse_version(std::string_view text) {
  unsigned numbers[3] = {0, 0, 0};
  const char* at = text.data();
  const char* const end = at + text.size();
  for (unsigned& number : numbers) {
    const auto [next, error] = std::from_chars(at, end, number);
    if (error != std::errc() || next == at) return std::nullopt;
    at = next;
    if (at == end) return FormatVersion{numbers[0], numbers[1]};
    if (*at++ != '.') return std::nullopt;
  }
  return std::nullopt;
}

std::string to_string(const FormatVersion& version) {
  return fmt::format("{}.{}", version.major, version.minor);
}

std::optional<FormatVersion> said_version(const CodecConfig& config) {
  const Json* const said = optional_member(config, kCodecVersion);
  if (said == nullptr) return std::nullopt;
  std::optional<FormatVersion> version;
  if (said->is_string()) version = parse_version(said->get_ref<const std::string&>());
  if (said->is_number()) version = parse_version(said->dump());
  if (!version)
    throw Error(ErrorCode::corrupt_data,
                fmt::format("codec {}: {} is {}, expected a version as in \"1.0\"", config.name,
                            kCodecVersion, excerpt(*said)));
  return version;
}

FormatVersion readable_version(const CodecConfig& config, std::span<const FormatVersion> versions,
                               std::string_view remedy) {
  const auto said = said_version(config);
  if (!said) return versions.front();
  const bool is_read =
      std::any_of(versions.begin(), versions.end(),
                  [&](const FormatVersion& each) { return each.major == said->major; });
  if (is_read) return *said;
  std::string known;
  for (const FormatVersion& each : versions)
    known += fmt::format("{}{}", known.empty() ? "" : ", ", to_string(each));
  throw Error(
      ErrorCode::unsupported,
      fmt::format("codec {}: the data are of version {} of its format, read here are {}; {}",
                  config.name, to_string(*said), known, remedy));
}

}  // namespace engram::codec
