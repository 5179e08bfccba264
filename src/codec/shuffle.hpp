#pragma once

#include <cstddef>
#include <span>

#include "engram/base/bytes.hpp"

namespace engram::codec {

/// Byte shuffle, as in HDF5, numcodecs and Blosc: first byte of each element, then second byte of
/// each, and so on; bytes after the last whole element stay where they are. `out` has the size of
/// `in` and does not overlap it. An element size of 0 or 1 changes nothing.
void shuffle_bytes(BytesView in, std::span<std::byte> out, std::size_t element_size);

/// The inverse of shuffle_bytes().
void unshuffle_bytes(BytesView in, std::span<std::byte> out, std::size_t element_size);

}  // namespace engram::codec
