#include "engram/schema/key_value.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <optional>
#include <utility>

#include "base/json_member.hpp"
#include "engram/base/bytes.hpp"
#include "engram/base/error.hpp"
#include "engram/base/utf8.hpp"
#include "engram/store/checksums.hpp"
#include "engram/store/key.hpp"
#include "schema/names.hpp"

namespace engram::schema {
namespace {

// Numbers of DataJoint's format.
constexpr std::size_t kLongestText = 100;
constexpr std::size_t kKeptOfLonger = 50;
constexpr std::size_t kHashDigits = 8;
constexpr std::string_view kEscapedFor = "/\\:*?\"<>|";

constexpr std::string_view kHex = "0123456789ABCDEF";

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

// As RFC 3986 has them.
bool is_unreserved(char c) noexcept {
  return is_digit(c) || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' || c == '.' ||
         c == '_' || c == '~';
}

std::string percent_encoded(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (is_unreserved(c)) {
      out += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += '%';
      out += kHex[byte >> 4U];
      out += kHex[byte & 15U];
    }
  }
  return out;
}

// Whatever is no escape stays.
std::string percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool is_escape = text[i] == '%' && text.size() - i > 2;
    const std::size_t high = is_escape ? kHex.find(text[i + 1]) : std::string_view::npos;
    const std::size_t low = is_escape ? kHex.find(text[i + 2]) : std::string_view::npos;
    if (high == std::string_view::npos || low == std::string_view::npos) {
      out += text[i];
    } else {
      out += static_cast<char>(high << 4U | low);
      i += 2;
    }
  }
  return out;
}

// Bytes of the first `count` characters of `text`, which is UTF-8 and may have fewer.
std::size_t bytes_of(std::string_view text, std::size_t count) {
  std::size_t at = 0;
  for (; count > 0 && at < text.size(); --count) at += next_code_point(text, at).size;
  return at;
}

std::string spell_text(std::string_view text) {
  if (bytes_of(text, kLongestText) < text.size()) {
    const std::string hash = store::to_hex(store::md5_of(as_bytes(text))).substr(0, kHashDigits);
    return percent_encoded(
        fmt::format("{}_{}", text.substr(0, bytes_of(text, kKeptOfLonger)), hash));
  }
  const bool is_safe = text.find_first_of(kEscapedFor) == std::string_view::npos;
  return is_safe ? std::string(text) : percent_encoded(text);
}

// Whether `text` is what is left of a longer one.
bool is_rest_of_longer(std::string_view text) {
  const std::size_t kept = bytes_of(text, kKeptOfLonger);
  const std::string_view end = text.substr(kept);
  return end.size() == 1 + kHashDigits && end[0] == '_' &&
         std::all_of(end.begin() + 1, end.end(),
                     [](char c) { return is_digit(c) || (c >= 'a' && c <= 'f'); });
}

std::pair<std::string, Spelling> read_spelling(const std::string& spelling) {
  std::string text = percent_decoded(spelling);
  if (is_utf8(text)) {
    if (is_rest_of_longer(text) && percent_encoded(text) == spelling)
      return {std::move(text), Spelling::cut};
    if (text != spelling && spell_text(text) == spelling)
      return {std::move(text), Spelling::escaped};
  }
  const Spelling kind = spell_text(spelling) == spelling ? Spelling::plain : Spelling::foreign;
  return {spelling, kind};
}

std::string spell(const Json& value) {
  switch (value.type()) {
    case Json::value_t::string: {
      const auto& text = value.get_ref<const std::string&>();
      if (!is_utf8(text))
        throw Error(ErrorCode::invalid_argument,
                    fmt::format("the text \"{}\" can't be spelled in a path: it is no UTF-8",
                                printable(text)));
      return spell_text(text);
    }
    case Json::value_t::boolean:
      return value.get<bool>() ? "True" : "False";
    case Json::value_t::number_integer:
      return fmt::format("{}", value.get<std::int64_t>());
    case Json::value_t::number_unsigned:
      return fmt::format("{}", value.get<std::uint64_t>());
    case Json::value_t::number_float:
      return python_float(value.get<double>());
    default:
      throw Error(ErrorCode::invalid_argument,
                  fmt::format("{} can't be a value of a primary key, which is a text, a number or "
                              "a boolean",
                              excerpt(value)));
  }
}

// The number that `digits` stand for from `at` on; nullopt where there are none.
std::optional<unsigned> number_at(std::string_view text, std::size_t at, std::size_t digits) {
  if (text.size() < at + digits) return std::nullopt;
  unsigned number = 0;
  for (const char c : text.substr(at, digits)) {
    if (!is_digit(c)) return std::nullopt;
    number = number * 10 + static_cast<unsigned>(c - '0');
  }
  return number;
}

// True for what may stand behind the seconds: ".25", "Z", "+01:00", or both.
bool is_end_of_time(std::string_view rest) {
  if (rest.size() > 1 && rest[0] == '.' && is_digit(rest[1])) {
    rest.remove_prefix(1);
    while (!rest.empty() && is_digit(rest[0])) rest.remove_prefix(1);
  }
  if (rest.empty() || rest == "Z") return true;
  return rest.size() == 6 && (rest[0] == '+' || rest[0] == '-') && number_at(rest, 1, 2) &&
         rest[3] == ':' && number_at(rest, 4, 2);
}

bool is_time(std::string_view iso) {
  const auto year = number_at(iso, 0, 4), month = number_at(iso, 5, 2), day = number_at(iso, 8, 2);
  const auto hour = number_at(iso, 11, 2), minute = number_at(iso, 14, 2),
             second = number_at(iso, 17, 2);
  if (!year || !month || !day || !hour || !minute || !second) return false;
  const std::chrono::year_month_day date(std::chrono::year(static_cast<int>(*year)),
                                         std::chrono::month(*month), std::chrono::day(*day));
  return iso[4] == '-' && iso[7] == '-' && (iso[10] == 'T' || iso[10] == ' ') && iso[13] == ':' &&
         iso[16] == ':' && *year >= 1000 && date.ok() && *hour < 24 && *minute < 60 &&
         *second < 60 && is_end_of_time(iso.substr(19));
}

}  // namespace

std::string_view spelling_name(Spelling spelling) noexcept {
  switch (spelling) {
    case Spelling::plain:
      return "plain";
    case Spelling::escaped:
      return "escaped";
    case Spelling::cut:
      return "cut";
    case Spelling::foreign:
      return "foreign";
  }
  return "foreign";
}

KeyValue::KeyValue(std::string name, const Json& value)
    : KeyValue(spelled(std::move(name), spell(value))) {}

KeyValue KeyValue::datetime(std::string name, std::string_view iso) {
  if (!is_time(iso))
    throw Error(ErrorCode::invalid_argument,
                fmt::format("\"{}\" is no point in time, as \"2024-01-15T10:30:05\" is one",
                            printable(iso)));
  std::string spelling(iso.substr(0, 19));
  spelling[10] = 'T';
  spelling[13] = spelling[16] = '-';
  return spelled(std::move(name), std::move(spelling));
}

KeyValue KeyValue::spelled(std::string name, std::string spelling) {
  check_name("primary key's attribute", name);
  KeyValue made;
  made.name_ = std::move(name);
  made.spelling_ = std::move(spelling);
  std::string_view why = store::why_bad_name(made.part());
  // The text is what others would do something with.
  if (why.empty() && made.text().find('\0') != std::string::npos) why = "its value has a NUL";
  if (!why.empty())
    throw Error(ErrorCode::invalid_argument,
                fmt::format("\"{}\" can't be a part of a path: {}", printable(made.part()), why));
  return made;
}

std::string KeyValue::text() const { return read_spelling(spelling_).first; }

Spelling KeyValue::kind() const { return read_spelling(spelling_).second; }

}  // namespace engram::schema
