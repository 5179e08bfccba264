#include "codec/utf32.hpp"

#include <fmt/format.h>

#include "codec/little_endian.hpp"
#include "engram/base/error.hpp"
#include "engram/base/utf8.hpp"

namespace engram::codec {

Bytes to_utf32(std::string_view text) {
  Bytes out;
  for (std::size_t at = 0; at < text.size();) {
    const Utf8Step step = next_code_point(text, at);
    out.resize(out.size() + 4);
    store_u32(out.data() + out.size() - 4, static_cast<std::uint32_t>(step.code_point));
    at += step.size;
  }
  return out;
}

bool append_utf8(char32_t character, std::string& text) {
  const auto put = [&text](char32_t byte) { text.push_back(static_cast<char>(byte)); };
  if (character < 0x80) {
    put(character);
  } else if (character < 0x800) {
    put(0xc0U | (character >> 6U));
    put(0x80U | (character & 0x3fU));
  } else if (character >= 0xd800 && character < 0xe000) {
    if (character < 0xdc80 || character > 0xdcff) return false;
    put(character & 0xffU);
  } else if (character < 0x10000) {
    put(0xe0U | (character >> 12U));
    put(0x80U | ((character >> 6U) & 0x3fU));
    put(0x80U | (character & 0x3fU));
  } else if (character < 0x110000) {
    put(0xf0U | (character >> 18U));
    put(0x80U | ((character >> 12U) & 0x3fU));
    put(0x80U | ((character >> 6U) & 0x3fU));
    put(0x80U | (character & 0x3fU));
  } else {
    return false;
  }
  return true;
}

std::string from_utf32(BytesView characters) {
  while (characters.size() >= 4 && load_u32(characters.data() + characters.size() - 4) == 0)
    characters = characters.first(characters.size() - 4);
  std::string text;
  for (std::size_t at = 0; at + 4 <= characters.size(); at += 4) {
    const std::uint32_t character = load_u32(characters.data() + at);
    if (!append_utf8(character, text))
      throw Error(ErrorCode::corrupt_data,
                  fmt::format("text has the character 0x{:x}, which Unicode has not", character));
  }
  return text;
}

}  // namespace engram::codec
