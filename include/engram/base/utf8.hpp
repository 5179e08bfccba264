#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace engram {

/// What stands at one place of a text.
struct Utf8Step {
  char32_t code_point;  ///< Where not valid: 0xDC00 + the byte, as Python's "surrogateescape".
  std::uint8_t size;    ///< Bytes it takes, 1 to 4; 1 where not valid.
  bool valid;
};

/// The code point at `offset`, which is below text.size(). Well-formed as RFC 3629 has it: no
/// surrogates, no overlong forms, nothing above U+10FFFF.
Utf8Step next_code_point(std::string_view text, std::size_t offset) noexcept;

/// True for a byte of UTF-8 that is not the first of its character.
constexpr bool continues_character(char byte) noexcept {
  return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U;
}

/// `text` for a message: at most `most` bytes of it, then "..."; control characters and bytes that
/// are no UTF-8 as "\x00".
std::string printable(std::string_view text, std::size_t most = 200);

}  // namespace engram
