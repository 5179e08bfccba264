#pragma once

#include <cstddef>

#include "engram/base/bytes.hpp"

namespace engram::codec {

inline constexpr std::size_t kFletcher32Size = 4;

/// `bytes` without the checksum at their end. Throws Error(corrupt_data) with both sums when it is
/// wrong.
BytesView checked_by_fletcher32(BytesView bytes);

}  // namespace engram::codec
