#include "base/json_member.hpp"

#include <fmt/format.h>

#include "engram/base/error.hpp"

namespace engram {
namespace {

constexpr std::size_t kExcerptSize = 80;

}  // namespace

std::string excerpt(const Json& json) {
  std::string text = dump_json(json, JsonStyle::line);
  if (text.size() > kExcerptSize) text = text.substr(0, kExcerptSize) + "...";
  return text;
}

void bad_member(std::string_view member, const Json& found, std::string_view expected) {
  throw Error(ErrorCode::corrupt_data,
              fmt::format("member \"{}\" is {}, not {}", member, excerpt(found), expected));
}

const Json& member_or_null(const Json& json, std::string_view name) {
  static const Json null;
  const auto found = json.find(name);
  return found == json.end() ? null : *found;
}

std::string text_member(const Json& json, std::string_view name) {
  const Json& text = member_or_null(json, name);
  if (!text.is_string()) bad_member(name, text, "a text");
  return text.get<std::string>();
}

bool is_text(const Json& json, std::string_view text) {
  return json.is_string() && json.get_ref<const std::string&>() == text;
}

std::uint64_t length_of(const Json& json, std::string_view member) {
  const bool is_length =
      json.is_number_unsigned() || (json.is_number_integer() && json.get<std::int64_t>() >= 0);
  if (!is_length) bad_member(member, json, "a length from 0 to 2^64-1");
  return json.get<std::uint64_t>();
}

}  // namespace engram
