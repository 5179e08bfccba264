#pragma once

#include <cstddef>
#include <cstdint>

#include "engram/array/region.hpp"

namespace engram {

/// The box of `count` elements behind the end of an array of `shape` along dimension `axis`: whole
/// slices across all other dimensions. Throws Error(invalid_argument) when there is no such
/// dimension or they are no whole number of slices.
Region slices_behind(const Shape& shape, std::uint64_t count, std::size_t axis);

}  // namespace engram
