#include "engram/array/slices.hpp"

#include <fmt/format.h>

#include "engram/base/error.hpp"

namespace engram {

Region slices_behind(const Shape& shape, std::uint64_t count, std::size_t axis) {
  if (axis >= shape.size())
    throw Error(ErrorCode::invalid_argument,
                fmt::format("an array of shape {} has no dimension {}", to_string(shape), axis));
  Shape slice = shape;
  slice[axis] = 1;
  const std::uint64_t elements = element_count(slice);
  if (elements == 0 ? count != 0 : count % elements != 0)
    throw Error(ErrorCode::invalid_argument,
                fmt::format("{} elements are no whole number of slices of {} along dimension {}",
                            count, to_string(slice), axis));
  Region region = Region::all(shape);
  region.origin[axis] = shape[axis];
  region.shape[axis] = elements == 0 ? 0 : count / elements;
  return region;
}

}  // namespace engram
