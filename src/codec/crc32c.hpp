#pragma once

#include <cstdint>

#include "engram/base/bytes.hpp"

namespace engram::codec {

/// CRC-32C (Castagnoli; RFC 3720, appendix B.4) of `bytes`.
std::uint32_t crc32c(BytesView bytes) noexcept;

}  // namespace engram::codec
