#pragma once

#include <cstddef>
#include <cstdint>

namespace engram::codec {

/// `kSize` bytes as a number, the first the highest.
template <std::size_t kSize>
std::uint64_t load_big_endian(const std::byte* from) noexcept {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < kSize; ++i)
    value = value << 8U | std::to_integer<std::uint64_t>(from[i]);
  return value;
}

}  // namespace engram::codec
