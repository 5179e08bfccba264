#pragma once

#include <cstdint>
#include <string_view>

#include "engram/array/array_source.hpp"

namespace engram::codec {

/// The integer member `member` of `config`, or `missing` where there is none. Throws
/// Error(invalid_argument) when it is something else or not from `min` to `max`.
std::int64_t integer_member(const CodecConfig& config, std::string_view member,
                            std::int64_t missing, std::int64_t min, std::int64_t max);

}  // namespace engram::codec
