#include "engram/array/chunk_grid.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "engram/base/error.hpp"

namespace engram {

ChunkGrid::ChunkGrid(Shape shape, Shape chunk_shape)
    : shape_(std::move(shape)), chunk_shape_(std::move(chunk_shape)) {
  const bool has_zero =
      std::find(chunk_shape_.begin(), chunk_shape_.end(), 0U) != chunk_shape_.end();
  if (shape_.size() != chunk_shape_.size() || has_zero) {
    throw Error(ErrorCode::invalid_argument,
                fmt::format("chunk shape {} doesn't fit an array of shape {}: it needs as many "
                            "lengths, all above 0",
                            to_string(chunk_shape_), to_string(shape_)));
  }
  grid_shape_.reserve(shape_.size());
  for (std::size_t d = 0; d < shape_.size(); ++d) {
    grid_shape_.push_back(divide_up(shape_[d], chunk_shape_[d]));
  }
  chunk_count_ = element_count(grid_shape_);
}

Shape ChunkGrid::place(std::uint64_t number) const {
  if (number >= chunk_count_) {
    throw Error(ErrorCode::invalid_argument,
                fmt::format("there is no chunk {}: the grid {} has {}", number,
                            to_string(grid_shape_), chunk_count_));
  }
  Shape place(grid_shape_.size());
  for (std::size_t d = grid_shape_.size(); d-- > 0;) {
    place[d] = number % grid_shape_[d];
    number /= grid_shape_[d];
  }
  return place;
}

std::uint64_t ChunkGrid::number(const Shape& place) const {
  check_place(place);
  std::uint64_t number = 0;
  for (std::size_t d = 0; d < place.size(); ++d) number = number * grid_shape_[d] + place[d];
  return number;
}

Region ChunkGrid::region(const Shape& place) const {
  check_place(place);
  Region region{place, chunk_shape_};
  for (std::size_t d = 0; d < place.size(); ++d) {
    region.origin[d] *= chunk_shape_[d];
    region.shape[d] = std::min(chunk_shape_[d], shape_[d] - region.origin[d]);
  }
  return region;
}

void ChunkGrid::check_place(const Shape& place) const {
  bool is_inside = place.size() == grid_shape_.size();
  for (std::size_t d = 0; is_inside && d < place.size(); ++d) {
    is_inside = place[d] < grid_shape_[d];
  }
  if (!is_inside) {
    throw Error(ErrorCode::invalid_argument, fmt::format("chunk {} is not in the grid {}",
                                                         to_string(place), to_string(grid_shape_)));
  }
}

}  // namespace engram
