#pragma once

#include <string>

#include "engram/convert.hpp"

namespace engram::cli {

/// The arrays of a dry run as a table with a head: path, shape, type, chunks, what is done, codecs
/// and why. One line an array.
std::string plan_table(const ConvertReport& report);

/// "blosc(zstd, 5, bitshuffle)", "zlib(4)", "shuffle(2) zlib(4)"; "none" for an empty list.
std::string describe_codecs(const std::vector<CodecConfig>& codecs);

}  // namespace engram::cli
