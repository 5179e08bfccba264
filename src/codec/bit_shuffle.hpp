#pragma once

#include <cstddef>
#include <span>

#include "engram/base/bytes.hpp"

namespace engram::codec {

/// Undoes the bit shuffle of HDF5's filter 32008 and of Blosc: `in` has the first bit (the lowest
/// of the first byte) of all elements, eight elements a byte, the first in its lowest bit; then
/// their second bits, and so on. A multiple of 8 elements of `element_size` bytes, at least 1.
/// `planes` is memory for as many bytes, which need no values; `out` has their size; no two of the
/// three overlap.
void unshuffle_bits(BytesView in, std::span<std::byte> planes, std::span<std::byte> out,
                    std::size_t element_size);

}  // namespace engram::codec
