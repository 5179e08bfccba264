#pragma once

#include <string>
#include <string_view>

#include "engram/base/bytes.hpp"

namespace engram::codec {

/// UTF-8 `text` as little-endian UTF-32; bytes that are no UTF-8 as Python's "surrogateescape".
Bytes to_utf32(std::string_view text);

/// UTF-8 of little-endian UTF-32, without the zeros at its end. Throws Error(corrupt_data) for what
/// is no character.
std::string from_utf32(BytesView characters);

/// Appends the UTF-8 of `character` to `text`; U+DC80 to U+DCFF become the single byte that they
/// stand for ("surrogateescape"). False where it is no character.
bool append_utf8(char32_t character, std::string& text);

}  // namespace engram::codec
