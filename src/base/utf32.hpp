#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "engram/base/bytes.hpp"

namespace engram {

// Text in elements of fixed size: NumPy's "U", little-endian. A byte that is no UTF-8 may stand in
// it as U+DC80 to U+DCFF, Python's "surrogateescape", where that is `taken`.
enum class Escapes : std::uint8_t { refused, taken };

/// The number of characters of `text`, which is UTF-8.
std::uint64_t count_characters(std::string_view text) noexcept;

/// Puts `text` into `out`, padded with zeros. False, and `out` is undefined, when it does not fit
/// or is no UTF-8.
bool put_utf32(std::string_view text, std::span<std::byte> out) noexcept;

/// `text`; its bytes that are no UTF-8 as escapes.
Bytes to_utf32(std::string_view text);

/// UTF-8 of `characters`, without the zeros at their end. Throws Error(corrupt_data) for what is no
/// character.
std::string from_utf32(BytesView characters, Escapes escapes);

/// Appends the UTF-8 of `character`, or the byte of an escape. False where it is neither.
bool append_utf8(char32_t character, std::string& text);

}  // namespace engram
