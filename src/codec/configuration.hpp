#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "engram/array/array_source.hpp"

namespace engram::codec {

/// `value` for a message: JSON, cut where it is long.
std::string excerpt(const Json& value);

/// The integer member `member` of `config`, or `missing` where there is none. Throws
/// Error(invalid_argument) when it is something else or not from `min` to `max`.
std::int64_t integer_member(const CodecConfig& config, std::string_view member,
                            std::int64_t missing, std::int64_t min, std::int64_t max);

/// The member, or nullptr where there is none or it is null. Throws Error(invalid_argument) when
/// the configuration is no object.
const Json* optional_member(const CodecConfig& config, std::string_view member);

/// The member. Throws Error(invalid_argument) where there is none.
const Json& required_member(const CodecConfig& config, std::string_view member);

/// The member as true or false, or `missing`; numbers 0 and 1 are taken too, as Python does.
bool boolean_member(const CodecConfig& config, std::string_view member, bool missing);

/// The member as text, or `missing`.
std::string text_member(const CodecConfig& config, std::string_view member,
                        std::string_view missing);

}  // namespace engram::codec
