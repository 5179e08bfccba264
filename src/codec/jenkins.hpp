#pragma once

#include <cstdint>

#include "engram/base/bytes.hpp"

namespace engram::codec {

/// Bob Jenkins's lookup3 hash (hashlittle) of `bytes`, as HDF5 and numcodecs take it.
std::uint32_t jenkins_lookup3(BytesView bytes, std::uint32_t initial) noexcept;

}  // namespace engram::codec
