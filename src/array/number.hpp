#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "engram/base/bytes.hpp"

namespace engram {

// Numbers as they lie in little-endian elements. `element` and `out` have the size of the type: 1
// to 8 bytes for integers; 2, 4, 8 or 16 (long double) for floating numbers.

std::int64_t get_integer(BytesView element) noexcept;
std::uint64_t get_unsigned(BytesView element) noexcept;
double get_floating(BytesView element) noexcept;

/// The low bytes of `bits`; two's complement for signed numbers.
void put_integer(std::uint64_t bits, std::span<std::byte> out) noexcept;
/// `value`, rounded to nearest even where the type is narrower.
void put_floating(double value, std::span<std::byte> out) noexcept;

}  // namespace engram
