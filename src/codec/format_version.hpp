#pragma once

#include <compare>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "engram/array/array_source.hpp"

namespace engram::codec {

/// The member of a codec's configuration that says of which version its data are.
inline constexpr const char* kCodecVersion = "codec_version";

/// The version of a data format. Who reads one reads all of its major number that are not newer,
/// and is taken to read those that are.
struct FormatVersion {
  unsigned major = 1, minor = 0;

  friend auto operator<=>(const FormatVersion&, const FormatVersion&) = default;
};

/// "2.1"; also of "2" and "2.1.7", whose third number says nothing of the format. nullopt for what
/// is none.
std::optional<FormatVersion> parse_version(std::string_view text);

std::string to_string(const FormatVersion& version);

/// What `config` says of its version, as text or as a number; nullopt where it says nothing. Throws
/// Error(corrupt_data) for what is none.
std::optional<FormatVersion> said_version(const CodecConfig& config);

/// The version of data with `config`, of a codec that reads `versions`, oldest first: what it says,
/// or the oldest. Throws Error(unsupported) for one that is not read, naming `codec`, both and
/// `remedy`: what is to be installed.
FormatVersion readable_version(const CodecConfig& config, std::span<const FormatVersion> versions,
                               std::string_view remedy);

}  // namespace engram::codec
