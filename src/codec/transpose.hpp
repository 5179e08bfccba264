#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>

namespace engram::codec {

/// Moves the bits of rows[i] that `mask << shift` names to those of rows[j] that `mask` names, and
/// back.
inline void exchange_bits(std::uint64_t (&rows)[8], std::size_t i, std::size_t j, unsigned shift,
                          std::uint64_t mask) noexcept {
  const std::uint64_t moved = ((rows[i] >> shift) ^ rows[j]) & mask;
  rows[i] ^= moved << shift;
  rows[j] ^= moved;
}

/// The bytes of 8 words as a square matrix, mirrored: byte j of word i becomes byte i of word j.
inline void transpose_bytes(std::uint64_t (&rows)[8]) noexcept {
  for (std::size_t i = 0; i < 4; ++i) exchange_bits(rows, i, i + 4, 32, 0x00000000ffffffffU);
  for (const std::size_t i : {0U, 1U, 4U, 5U})
    exchange_bits(rows, i, i + 2, 16, 0x0000ffff0000ffffU);
  for (const std::size_t i : {0U, 2U, 4U, 6U})
    exchange_bits(rows, i, i + 1, 8, 0x00ff00ff00ff00ffU);
}

/// The bits of each byte of 8 words as 8 square matrices, mirrored: bit k of byte i of word j
/// becomes bit j of byte i of word k.
inline void transpose_bits(std::uint64_t (&rows)[8]) noexcept {
  for (std::size_t i = 0; i < 4; ++i) exchange_bits(rows, i, i + 4, 4, 0x0f0f0f0f0f0f0f0fU);
  for (const std::size_t i : {0U, 1U, 4U, 5U})
    exchange_bits(rows, i, i + 2, 2, 0x3333333333333333U);
  for (const std::size_t i : {0U, 2U, 4U, 6U})
    exchange_bits(rows, i, i + 1, 1, 0x5555555555555555U);
}

}  // namespace engram::codec
