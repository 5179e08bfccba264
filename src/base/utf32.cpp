#include "base/utf32.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "engram/base/error.hpp"
#include "engram/base/utf8.hpp"

namespace engram {
namespace {

constexpr std::size_t kSize = 4;

void put(char32_t character, std::span<std::byte> out) noexcept {
  for (std::size_t i = 0; i < kSize; ++i)
    out[i] = static_cast<std::byte>(character >> (8U * i) & 0xffU);
}

char32_t get(BytesView bytes) noexcept {
  char32_t character = 0;
  for (std::size_t i = kSize; i-- > 0;)
    character = character << 8U | std::to_integer<char32_t>(bytes[i]);
  return character;
}

bool is_surrogate(char32_t character) { return character >= 0xd800 && character < 0xe000; }

}  // namespace

std::uint64_t count_characters(std::string_view text) noexcept {
  return static_cast<std::uint64_t>(
      std::count_if(text.begin(), text.end(), std::not_fn(continues_character)));
}

bool put_utf32(std::string_view text, std::span<std::byte> out) noexcept {
  std::fill(out.begin(), out.end(), std::byte{0});
  for (std::size_t at = 0; at < text.size();) {
    const Utf8Step step = next_code_point(text, at);
    if (!step.valid || out.size() < kSize) return false;
    put(step.code_point, out);
    out = out.subspan(kSize);
    at += step.size;
  }
  return true;
}

Bytes to_utf32(std::string_view text) {
  Bytes out;
  for (std::size_t at = 0; at < text.size();) {
    const Utf8Step step = next_code_point(text, at);
    out.resize(out.size() + kSize);
    put(step.code_point, std::span(out).last(kSize));
    at += step.size;
  }
  return out;
}

std::string from_utf32(BytesView characters, Escapes escapes) {
  std::size_t count = characters.size() / kSize;
  const auto at = [&](std::size_t i) { return get(characters.subspan(i * kSize, kSize)); };
  while (count > 0 && at(count - 1) == 0) --count;
  std::string text;
  for (std::size_t i = 0; i < count; ++i) {
    const char32_t character = at(i);
    const bool refused = escapes == Escapes::refused && is_surrogate(character);
    if (refused || !append_utf8(character, text))
      throw Error(ErrorCode::corrupt_data,
                  fmt::format("text holds 0x{:x}, which is no Unicode character",
                              static_cast<std::uint32_t>(character)));
  }
  return text;
}

bool append_utf8(char32_t character, std::string& text) {
  const auto byte = [&text](char32_t bits) { text.push_back(static_cast<char>(bits)); };
  const auto tail = [&](unsigned shift) { byte(0x80U | ((character >> shift) & 0x3fU)); };
  if (character < 0x80) {
    byte(character);
  } else if (character < 0x800) {
    byte(0xc0U | (character >> 6U));
    tail(0);
  } else if (is_surrogate(character)) {
    if (character < 0xdc80 || character > 0xdcff) return false;
    byte(character & 0xffU);
  } else if (character < 0x10000) {
    byte(0xe0U | (character >> 12U));
    tail(6);
    tail(0);
  } else if (character < 0x110000) {
    byte(0xf0U | (character >> 18U));
    tail(12);
    tail(6);
    tail(0);
  } else {
    return false;
  }
  return true;
}

}  // namespace engram
