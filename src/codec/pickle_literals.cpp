// Numbers and texts as pickles spell them.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <utility>

#include "base/utf32.hpp"
#include "codec/pickle_values.hpp"
#include "engram/base/error.hpp"
#include "engram/base/utf8.hpp"

namespace engram::codec::pickle {
namespace {

// Above this an integer has no double either.
constexpr std::size_t kMostLongBytes = 129;

}  // namespace

Value integer_value(std::int64_t number) {
  Value value;
  value.type = Type::integer;
  value.number = number;
  return value;
}
Value real_value(double number) {
  Value value;
  value.type = Type::real;
  value.real = number;
  return value;
}
Value natural_value(std::uint64_t number) {
  Value value = integer_value(static_cast<std::int64_t>(number));
  if (number > static_cast<std::uint64_t>(INT64_MAX)) value.type = Type::natural;
  return value;
}

// Little-endian two's complement of any length.
Value long_value(BytesView bytes) {
  const bool negative = !bytes.empty() && (bytes.back() & std::byte{0x80}) != std::byte{0};
  const std::byte filler = negative ? std::byte{0xff} : std::byte{0};
  while (bytes.size() > 9 && bytes.back() == filler) bytes = bytes.first(bytes.size() - 1);
  std::uint64_t low = negative ? UINT64_MAX : 0;
  std::memcpy(&low, bytes.data(), std::min<std::size_t>(bytes.size(), 8));
  if (bytes.size() <= 8) return integer_value(static_cast<std::int64_t>(low));
  if (bytes.size() == 9 && bytes[8] == filler && !negative) return natural_value(low);
  if (bytes.size() > kMostLongBytes)
    throw Error(
        ErrorCode::limit_exceeded,
        fmt::format("pickle: an integer has {} bytes, which no double holds", bytes.size()));
  double value = negative ? -1 : 0;  // What all higher bytes are worth.
  for (std::size_t i = bytes.size(); i-- > 0;) value = value * 256 + std::to_integer<int>(bytes[i]);
  return real_value(value);
}

Value decimal_value(std::string_view digits) {
  if (digits.ends_with('L')) digits.remove_suffix(1);
  const char* const end = digits.data() + digits.size();
  std::int64_t number = 0;
  auto found = std::from_chars(digits.data(), end, number);
  if (found.ec == std::errc() && found.ptr == end) return integer_value(number);
  std::uint64_t natural = 0;
  found = std::from_chars(digits.data(), end, natural);
  if (found.ec == std::errc() && found.ptr == end) return natural_value(natural);
  double real = 0;
  const bool plain = digits.find_first_not_of("-0123456789") == std::string_view::npos;
  found = std::from_chars(digits.data(), end, real);
  if (plain && found.ec == std::errc::result_out_of_range)
    throw Error(
        ErrorCode::limit_exceeded,
        fmt::format("pickle: an integer has {} digits, which no double holds", digits.size()));
  if (!plain || found.ec != std::errc() || found.ptr != end)
    corrupt(fmt::format("\"{}\" is no integer", printable(digits, 40)));
  return real_value(real);
}

Value real_line(std::string_view digits) {
  double real = 0;
  const char* const end = digits.data() + digits.size();
  const char* begin = digits.data();
  const auto found = std::from_chars(begin, end, real);
  if (found.ec != std::errc() || found.ptr != end)
    corrupt(fmt::format("\"{}\" is no number", printable(digits, 40)));
  return real_value(real);
}

// Python writes lone surrogates into UTF-8; those of "surrogateescape" are bytes here.
std::string from_surrogates(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = [&](std::size_t offset) {
      return i + offset < text.size() ? static_cast<unsigned char>(text[i + offset]) : 0U;
    };
    if (byte(0) == 0xed && (byte(1) == 0xb2 || byte(1) == 0xb3) && (byte(2) & 0xc0U) == 0x80) {
      out += static_cast<char>(((byte(1) & 0x03U) << 6U) | (byte(2) & 0x3fU));
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

// Python's "raw-unicode-escape": Latin-1, and \uXXXX and \UXXXXXXXX.
std::string from_raw_unicode(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    char32_t character = static_cast<unsigned char>(text[i]);
    const char kind = text[i] == '\\' && i + 1 < text.size() ? text[i + 1] : '\0';
    const std::size_t digits = kind == 'u' ? 4 : kind == 'U' ? 8 : 0;
    if (digits != 0) {
      const std::string_view hex = text.substr(std::min(i + 2, text.size()), digits);
      std::uint32_t value = 0;
      const auto found = std::from_chars(hex.data(), hex.data() + hex.size(), value, 16);
      if (hex.size() != digits || found.ptr != hex.data() + hex.size())
        corrupt("a text has an escape without its digits");
      character = value;
      i += 1 + digits;
    }
    if (!append_utf8(character, out)) corrupt("a text has a character which Unicode has not");
  }
  return out;
}

// Python's repr() of a string: in quotes, with its escapes.
std::string from_repr(std::string_view text) {
  if (text.size() < 2 || text.front() != text.back() ||
      (text.front() != '"' && text.front() != '\''))
    corrupt("a string has no quotes");
  text = text.substr(1, text.size() - 2);
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 1 == text.size()) {
      out += text[i];
      continue;
    }
    static constexpr std::string_view kLetters = "abfnrtv\\'\"";
    static constexpr std::string_view kMeant = "\a\b\f\n\r\t\v\\'\"";
    const char letter = text[++i];
    if (letter == 'x') {
      unsigned value = 0;
      const std::string_view hex = text.substr(std::min(i + 1, text.size()), 2);
      const auto found = std::from_chars(hex.data(), hex.data() + hex.size(), value, 16);
      if (hex.size() != 2 || found.ptr != hex.data() + 2) corrupt("a string has a bad escape");
      out += static_cast<char>(value);
      i += 2;
    } else if (const auto known = kLetters.find(letter); known != std::string_view::npos) {
      out += kMeant[known];
    } else {
      out += '\\';
      out += letter;
    }
  }
  return out;
}

}  // namespace engram::codec::pickle
