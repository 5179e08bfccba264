#include "codec/configuration.hpp"

#include <fmt/format.h>

#include <string>

#include "engram/base/error.hpp"

namespace engram::codec {

std::string excerpt(const Json& value) {
  constexpr std::size_t kLongest = 200;
  std::string text = dump_json(value, JsonStyle::line);
  if (text.size() > kLongest) text = text.substr(0, kLongest) + "...";
  return text;
}

std::int64_t integer_member(const CodecConfig& config, std::string_view member,
                            std::int64_t missing, std::int64_t min, std::int64_t max) {
  if (!config.configuration.is_object() && !config.configuration.is_null())
    throw Error(ErrorCode::invalid_argument,
                fmt::format("the configuration of codec {} is no JSON object", config.name));
  const auto found = config.configuration.find(std::string(member));
  if (found == config.configuration.end()) return missing;
  // An unsigned number above the signed range would wrap around to a valid one.
  const bool fits = found->is_number_integer() &&
                    (!found->is_number_unsigned() || found->get<std::uint64_t>() <= INT64_MAX);
  if (!fits || found->get<std::int64_t>() < min || found->get<std::int64_t>() > max)
    throw Error(ErrorCode::invalid_argument,
                fmt::format("codec {}: {} is {}, expected an integer from {} to {}", config.name,
                            member, excerpt(*found), min, max));
  return found->get<std::int64_t>();
}

const Json* optional_member(const CodecConfig& config, std::string_view member) {
  if (!config.configuration.is_object() && !config.configuration.is_null())
    throw Error(ErrorCode::invalid_argument,
                fmt::format("the configuration of codec {} is no JSON object", config.name));
  const auto found = config.configuration.find(std::string(member));
  return found == config.configuration.end() || found->is_null() ? nullptr : &*found;
}

const Json& required_member(const CodecConfig& config, std::string_view member) {
  const Json* found = optional_member(config, member);
  if (found == nullptr)
    throw Error(ErrorCode::invalid_argument,
                fmt::format("codec {}: {} is missing", config.name, member));
  return *found;
}

bool boolean_member(const CodecConfig& config, std::string_view member, bool missing) {
  const Json* found = optional_member(config, member);
  if (found == nullptr) return missing;
  if (found->is_boolean()) return found->get<bool>();
  if (*found == 0 || *found == 1) return *found == 1;
  throw Error(ErrorCode::invalid_argument, fmt::format("codec {}: {} is {}, expected true or false",
                                                       config.name, member, excerpt(*found)));
}

std::string text_member(const CodecConfig& config, std::string_view member,
                        std::string_view missing) {
  const Json* found = optional_member(config, member);
  if (found == nullptr) return std::string(missing);
  if (!found->is_string())
    throw Error(ErrorCode::invalid_argument, fmt::format("codec {}: {} is {}, expected text",
                                                         config.name, member, excerpt(*found)));
  return found->get<std::string>();
}

}  // namespace engram::codec
