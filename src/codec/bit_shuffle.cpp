#include "codec/bit_shuffle.hpp"

#include <cstdint>
#include <cstring>

#include "codec/shuffle.hpp"
#include "codec/transpose.hpp"

namespace engram::codec {
namespace {

constexpr std::size_t kBits = 8;

// The next `width` bytes of each of 8 rows, which are the bits of one byte of `width` * 8 elements.
void gather_bytes(const std::byte* in, std::size_t row_size, std::byte* out, std::size_t width) {
  std::uint64_t rows[kBits] = {};
  if (width == sizeof(std::uint64_t)) {  // With the size as a constant it is one load.
    for (std::size_t i = 0; i < kBits; ++i)
      std::memcpy(&rows[i], in + i * row_size, sizeof(std::uint64_t));
  } else {
    for (std::size_t i = 0; i < kBits; ++i) std::memcpy(&rows[i], in + i * row_size, width);
  }
  transpose_bits(rows);
  transpose_bytes(rows);
  std::memcpy(out, rows, width * kBits);
}

}  // namespace

void unshuffle_bits(BytesView in, std::span<std::byte> planes, std::span<std::byte> out,
                    std::size_t element_size) {
  const std::size_t count = in.size() / element_size;
  const std::size_t row_size = count / kBits;
  // First the bytes of each place in an element together, then the elements.
  const std::span<std::byte> bytes = element_size == 1 ? out : planes;
  for (std::size_t plane = 0; plane < element_size; ++plane) {
    const std::byte* const rows = in.data() + plane * count;
    std::byte* const to = bytes.data() + plane * count;
    std::size_t at = 0;
    for (; at + 8 <= row_size; at += 8) gather_bytes(rows + at, row_size, to + at * kBits, 8);
    if (at < row_size) gather_bytes(rows + at, row_size, to + at * kBits, row_size - at);
  }
  if (element_size > 1) unshuffle_bytes(planes.first(in.size()), out, element_size);
}

}  // namespace engram::codec
