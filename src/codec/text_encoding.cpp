#include "codec/text_encoding.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>

#include "base/utf32.hpp"
#include "engram/base/error.hpp"
#include "engram/base/utf8.hpp"

namespace engram::codec {
namespace {

struct Encoding {
  enum Family : std::uint8_t { utf8, narrow, utf16, utf32 } family = utf8;
  char32_t most = 0x10ffff;  ///< The last character that it has.
  bool mark = false;         ///< A byte order mark stands in front.
  bool big = false;
};

struct Alias {
  std::string_view name;
  Encoding encoding;
};

// As Python normalizes them: lower case, "-" and " " as "_".
constexpr std::array<Alias, 20> kEncodings = {
    {{"utf_8", {}},
     {"utf8", {}},
     {"u8", {}},
     {"utf_8_sig", {Encoding::utf8, 0x10ffff, true}},
     {"ascii", {Encoding::narrow, 0x7f}},
     {"us_ascii", {Encoding::narrow, 0x7f}},
     {"latin_1", {Encoding::narrow, 0xff}},
     {"latin1", {Encoding::narrow, 0xff}},
     {"iso_8859_1", {Encoding::narrow, 0xff}},
     {"iso8859_1", {Encoding::narrow, 0xff}},
     {"utf_16", {Encoding::utf16, 0x10ffff, true}},
     {"utf16", {Encoding::utf16, 0x10ffff, true}},
     {"utf_16_le", {Encoding::utf16}},
     {"utf_16le", {Encoding::utf16}},
     {"utf_16_be", {Encoding::utf16, 0x10ffff, false, true}},
     {"utf_16be", {Encoding::utf16, 0x10ffff, false, true}},
     {"utf_32", {Encoding::utf32, 0x10ffff, true}},
     {"utf32", {Encoding::utf32, 0x10ffff, true}},
     {"utf_32_le", {Encoding::utf32}},
     {"utf_32_be", {Encoding::utf32, 0x10ffff, false, true}}}};

Encoding encoding_of(std::string_view name) {
  std::string normal;
  for (const char c : name)
    normal.push_back(c == '-' || c == ' '
                         ? '_'
                         : static_cast<char>(std::tolower(static_cast<unsigned char>(c))));
  const auto* const found =
      std::find_if(kEncodings.begin(), kEncodings.end(),
                   [&normal](const Alias& alias) { return alias.name == normal; });
  if (found == kEncodings.end())
    throw Error(ErrorCode::unsupported,
                fmt::format("text encoding \"{}\" is not known; there are utf-8, ascii, latin-1, "
                            "utf-16 and utf-32",
                            printable(name, 64)));
  return found->encoding;
}

char32_t unit_at(BytesView bytes, std::size_t at, std::size_t size, bool big) {
  char32_t unit = 0;
  for (std::size_t i = 0; i < size; ++i)
    unit |= std::to_integer<char32_t>(bytes[at + i]) << (8 * (big ? size - 1 - i : i));
  return unit;
}

void put_unit(char32_t unit, std::size_t size, bool big, Bytes& out) {
  for (std::size_t i = 0; i < size; ++i)
    out.push_back(static_cast<std::byte>(unit >> (8 * (big ? size - 1 - i : i))));
}

[[noreturn]] void corrupt(std::size_t at, std::string_view encoding) {
  throw Error(ErrorCode::corrupt_data,
              fmt::format("text is no {}: see its byte {}", printable(encoding, 64), at));
}

}  // namespace

std::string decode_text(BytesView bytes, std::string_view name) {
  Encoding encoding = encoding_of(name);
  if (encoding.family == Encoding::utf8) {
    const std::string_view text = as_text(bytes);
    const bool marked = encoding.mark && text.starts_with("\xef\xbb\xbf");
    return std::string(marked ? text.substr(3) : text);
  }
  std::string text;
  if (encoding.family == Encoding::narrow) {
    for (std::size_t at = 0; at < bytes.size(); ++at) {
      const auto character = std::to_integer<char32_t>(bytes[at]);
      if (character > encoding.most || !append_utf8(character, text)) corrupt(at, name);
    }
    return text;
  }
  const std::size_t size = encoding.family == Encoding::utf16 ? 2 : 4;
  if (bytes.size() % size != 0) corrupt(bytes.size(), name);
  std::size_t at = 0;
  if (encoding.mark && !bytes.empty()) {
    const char32_t first = unit_at(bytes, 0, size, false);
    encoding.big = first == (size == 2 ? 0xfffeU : 0xfffe0000U);
    if (encoding.big || first == 0xfeff) at = size;
  }
  for (; at < bytes.size(); at += size) {
    char32_t character = unit_at(bytes, at, size, encoding.big);
    if (size == 2 && character >= 0xd800 && character < 0xdc00 && at + 4 <= bytes.size()) {
      const char32_t low = unit_at(bytes, at + 2, 2, encoding.big);
      if (low >= 0xdc00 && low < 0xe000) {
        character = 0x10000 + ((character - 0xd800) << 10U) + (low - 0xdc00);
        at += 2;
      }
    }
    const bool lone = character >= 0xd800 && character < 0xe000;
    if (lone || !append_utf8(character, text)) corrupt(at, name);
  }
  return text;
}

Bytes encode_text(std::string_view text, std::string_view name) {
  const Encoding encoding = encoding_of(name);
  Bytes out;
  if (encoding.family == Encoding::utf8) {
    if (encoding.mark) out = to_bytes("\xef\xbb\xbf");
    out.insert(out.end(), as_bytes(text).begin(), as_bytes(text).end());
    return out;
  }
  const std::size_t size = encoding.family == Encoding::narrow  ? 1
                           : encoding.family == Encoding::utf16 ? 2
                                                                : 4;
  if (encoding.mark) put_unit(0xfeff, size, encoding.big, out);
  for (std::size_t at = 0; at < text.size();) {
    const Utf8Step step = next_code_point(text, at);
    if (!step.valid || step.code_point > encoding.most)
      throw Error(ErrorCode::invalid_argument,
                  fmt::format("the character U+{:04X} has no place in {}",
                              static_cast<std::uint32_t>(step.code_point), printable(name, 64)));
    at += step.size;
    if (size == 2 && step.code_point > 0xffff) {
      const char32_t rest = step.code_point - 0x10000;
      put_unit(0xd800 + (rest >> 10U), 2, encoding.big, out);
      put_unit(0xdc00 + (rest & 0x3ffU), 2, encoding.big, out);
    } else {
      put_unit(step.code_point, size, encoding.big, out);
    }
  }
  return out;
}

}  // namespace engram::codec
