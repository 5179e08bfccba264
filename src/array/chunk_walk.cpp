#include "array/chunk_walk.hpp"

#include <algorithm>

namespace engram {

ChunkWalk::ChunkWalk(const ChunkGrid& grid, const Region& region) : grid_(grid), region_(region) {
  if (element_count(region.shape) == 0) return;
  for (std::size_t d = 0; d < region.shape.size(); ++d) {
    const std::uint64_t length = grid.chunk_shape()[d];
    first_.push_back(region.origin[d] / length);
    counts_.push_back((region.origin[d] + region.shape[d] - 1) / length - first_[d] + 1);
  }
  count_ = element_count(counts_);
}

Shape ChunkWalk::place(std::uint64_t i) const {
  Shape place = first_;
  for (std::size_t d = place.size(); d-- > 0;) {
    place[d] += i % counts_[d];
    i /= counts_[d];
  }
  return place;
}

Overlap ChunkWalk::overlap(const Shape& place) const {
  const Region chunk = grid_.region(place);
  Overlap overlap;
  for (std::size_t d = 0; d < region_.shape.size(); ++d) {
    const std::uint64_t from = std::max(chunk.origin[d], region_.origin[d]);
    const std::uint64_t to =
        std::min(chunk.origin[d] + chunk.shape[d], region_.origin[d] + region_.shape[d]);
    overlap.in_chunk.origin.push_back(from - chunk.origin[d]);
    overlap.in_region.origin.push_back(from - region_.origin[d]);
    overlap.in_chunk.shape.push_back(to - from);
  }
  overlap.in_region.shape = overlap.in_chunk.shape;
  return overlap;
}

bool ChunkWalk::covers(const Shape& place, const Overlap& overlap) const {
  return overlap.in_chunk.shape == grid_.region(place).shape;
}

}  // namespace engram
