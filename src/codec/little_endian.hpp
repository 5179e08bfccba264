#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace engram::codec {

static_assert(std::endian::native == std::endian::little, "engram runs on little-endian machines");

inline std::uint32_t load_u32(const std::byte* from) noexcept {
  std::uint32_t value = 0;
  std::memcpy(&value, from, sizeof value);
  return value;
}

inline void store_u32(std::byte* to, std::uint32_t value) noexcept {
  std::memcpy(to, &value, sizeof value);
}

}  // namespace engram::codec
