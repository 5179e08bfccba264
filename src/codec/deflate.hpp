#pragma once

#include <cstdint>
#include <span>

#include "engram/base/bytes.hpp"

namespace engram::codec {

/// Inflates the zlib stream at the front of `in` into the front of `out` and returns the bytes
/// written. What follows the stream is ignored, as zlib and HDF5 do. Throws Error(corrupt_data).
std::uint64_t inflate_zlib(BytesView in, std::span<std::byte> out);

/// True when `in` can be a zlib stream, by its first two bytes.
bool has_zlib_head(BytesView in) noexcept;

}  // namespace engram::codec
