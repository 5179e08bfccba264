#include "zarr/utf32.hpp"

#include <algorithm>
#include <cstdint>

#include "engram/base/error.hpp"
#include "zarr/number.hpp"

namespace engram::zarr {
namespace {

bool continues(char c) noexcept { return (static_cast<unsigned char>(c) & 0xc0U) == 0x80U; }

void append_utf8(std::string& text, std::uint32_t c) {
  const auto put = [&](std::uint32_t byte) { text.push_back(static_cast<char>(byte)); };
  const auto tail = [&](unsigned shift) { put(0x80U | ((c >> shift) & 0x3fU)); };
  if (c < 0x80U) {
    put(c);
  } else if (c < 0x800U) {
    put(0xc0U | (c >> 6U));
    tail(0);
  } else if (c < 0x10000U) {
    put(0xe0U | (c >> 12U));
    tail(6);
    tail(0);
  } else {
    put(0xf0U | (c >> 18U));
    tail(12);
    tail(6);
    tail(0);
  }
}

}  // namespace

std::uint64_t count_characters(std::string_view text) noexcept {
  return static_cast<std::uint64_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return !continues(c); }));
}

bool put_utf32(std::string_view text, std::span<std::byte> out) noexcept {
  if (!is_utf8(text) || count_characters(text) * 4 > out.size()) return false;
  std::fill(out.begin(), out.end(), std::byte{0});
  std::size_t at = 0;
  for (std::size_t i = 0; i < text.size(); at += 4) {
    const auto lead = static_cast<unsigned char>(text[i++]);
    std::uint32_t c = lead;
    if (lead >= 0xf0U) {
      c = lead & 0x07U;
    } else if (lead >= 0xe0U) {
      c = lead & 0x0fU;
    } else if (lead >= 0xc0U) {
      c = lead & 0x1fU;
    }
    for (; i < text.size() && continues(text[i]); ++i)
      c = (c << 6U) | (static_cast<unsigned char>(text[i]) & 0x3fU);
    put_integer(c, out.subspan(at, 4));
  }
  return true;
}

std::string get_utf32(BytesView element) {
  std::size_t characters = element.size() / 4;
  const auto at = [&](std::size_t i) { return get_unsigned(element.subspan(4 * i, 4)); };
  while (characters > 0 && at(characters - 1) == 0) --characters;
  std::string text;
  for (std::size_t i = 0; i < characters; ++i) {
    const std::uint64_t c = at(i);
    if (c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
      throw Error(ErrorCode::corrupt_data,
                  "text holds " + std::to_string(c) + ", which is no Unicode character");
    append_utf8(text, static_cast<std::uint32_t>(c));
  }
  return text;
}

}  // namespace engram::zarr
