#pragma once

#include <vector>

#include "engram/array/region.hpp"

namespace engram::converter {

/// True when the unions of the boxes are the same elements, however they are cut into boxes. Throws
/// Error(limit_exceeded) when they cut each other into too many pieces.
bool same_selection(const std::vector<Region>& a, const std::vector<Region>& b);

}  // namespace engram::converter
