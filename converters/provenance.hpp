#pragma once

#include <chrono>
#include <string>

#include "engram/convert.hpp"

namespace engram::converter {

/// `time` as ISO 8601 has it, in UTC: "2026-11-28T21:40:25.125Z".
std::string utc_text(std::chrono::system_clock::time_point time);

/// What tells the source at `path` from an other one, without reading it. The path alone when
/// nothing is there, or it is no place in the file system.
SourceIdentity identify_source(const std::string& path);

/// The options that decide what becomes of the source, by their names on the command line.
Json options_json(const TargetOptions& options);
/// The same, with those of convert() alone.
Json options_json(const ConvertOptions& options);

Json to_json(const SourceIdentity& identity);

/// {"engram": "0.1.0", "hdf5": "1.10.8", ...}
Json versions_json();

}  // namespace engram::converter
