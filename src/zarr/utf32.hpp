#pragma once

#include <span>
#include <string>
#include <string_view>

#include "engram/base/bytes.hpp"

namespace engram::zarr {

/// The number of characters of `text`, which is UTF-8.
std::uint64_t count_characters(std::string_view text) noexcept;

/// Puts UTF-8 `text` into `out` as little-endian UTF-32, padded with zeros. False, and `out` is
/// undefined, when it does not fit or is no UTF-8.
bool put_utf32(std::string_view text, std::span<std::byte> out) noexcept;

/// UTF-8 of little-endian UTF-32, without the zeros at its end. Throws Error(corrupt_data) for what
/// is no character.
std::string get_utf32(BytesView element);

}  // namespace engram::zarr
