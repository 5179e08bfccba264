#pragma once

#include <cstdint>
#include <string_view>

namespace engram::cli {

/// The bytes that "1048576", "512M", "2G", "1.5G", "512MiB" (powers of 1024) or "500MB" (powers of
/// 1000) name; letters in either case. Throws Error(invalid_argument) for other texts, 0 and what
/// 64 bits can't count.
std::uint64_t parse_size(std::string_view text);

}  // namespace engram::cli
