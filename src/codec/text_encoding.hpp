#pragma once

#include <string>
#include <string_view>

#include "engram/base/bytes.hpp"

namespace engram::codec {

/// Text from and to bytes in the encodings that Python calls by these names, and their usual
/// aliases: utf-8, utf-8-sig, ascii, latin-1, utf-16, utf-16-le, utf-16-be, utf-32, utf-32-le,
/// utf-32-be. Throw Error(unsupported) for another name; Error(corrupt_data) for bytes that are no
/// such text; Error(invalid_argument) for characters that have no place in it.
std::string decode_text(BytesView bytes, std::string_view encoding);
Bytes encode_text(std::string_view text, std::string_view encoding);

}  // namespace engram::codec
