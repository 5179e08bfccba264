#pragma once

#include <cstdint>

#include "engram/codec/codec.hpp"

namespace engram::codec {

/// Channels of a recording whose chunks are `elements`: of chunks of two dimensions the second,
/// where it is no longer than `most`; else all is one, as the packages of wavpack and flac have it.
inline std::uint64_t channels_of(const ChunkElements& elements, std::uint64_t most) noexcept {
  const bool fits =
      elements.shape.size() == 2 && elements.shape[1] > 0 && elements.shape[1] <= most;
  return fits ? elements.shape[1] : 1;
}

}  // namespace engram::codec
