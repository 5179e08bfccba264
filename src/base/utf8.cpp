#include "engram/base/utf8.hpp"

#include <fmt/format.h>

namespace engram {

Utf8Step next_code_point(std::string_view text, std::size_t offset) noexcept {
  const auto byte = [&](std::size_t i) {
    return offset + i < text.size() ? static_cast<unsigned char>(text[offset + i]) : 0U;
  };
  const unsigned lead = byte(0);
  const Utf8Step invalid{0xDC00U + lead, 1, false};
  if (lead < 0x80) return {lead, 1, true};

  std::uint8_t size = 0;
  char32_t point = 0;
  char32_t smallest = 0;
  if (lead >= 0xC2 && lead <= 0xDF) {
    size = 2;
    point = lead & 0x1F;
    smallest = 0x80;
  } else if (lead >= 0xE0 && lead <= 0xEF) {
    size = 3;
    point = lead & 0x0F;
    smallest = 0x800;
  } else if (lead >= 0xF0 && lead <= 0xF4) {
    size = 4;
    point = lead & 0x07;
    smallest = 0x10000;
  } else {
    return invalid;
  }
  for (std::uint8_t i = 1; i < size; ++i) {
    const unsigned next = byte(i);
    if ((next & 0xC0) != 0x80) return invalid;
    point = point << 6 | (next & 0x3F);
  }
  if (point < smallest || point > 0x10FFFF || (point >= 0xD800 && point <= 0xDFFF)) return invalid;
  return {point, size, true};
}

std::string printable(std::string_view text, std::size_t most) {
  std::string out;
  std::size_t i = 0;
  while (i < text.size()) {
    const Utf8Step step = next_code_point(text, i);
    if (i + step.size > most) return out + "...";
    const bool is_control =
        step.code_point < 0x20 || (step.code_point >= 0x7F && step.code_point < 0xA0);
    for (const char byte : text.substr(i, step.size)) {
      if (is_control || !step.valid) {
        out += fmt::format("\\x{:02x}", static_cast<unsigned char>(byte));
      } else {
        out += byte;
      }
    }
    i += step.size;
  }
  return out;
}

}  // namespace engram
