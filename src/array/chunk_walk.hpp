#pragma once

#include "engram/array/chunk_grid.hpp"
#include "engram/array/region.hpp"

namespace engram {

/// The part that a region and a chunk share: as a box of each.
struct Overlap {
  Region in_chunk, in_region;
};

/// The chunks that a region touches, in C order.
class ChunkWalk {
 public:
  /// `region` lies inside of the grid's array.
  ChunkWalk(const ChunkGrid& grid, const Region& region);

  std::uint64_t count() const noexcept { return count_; }

  /// The place of the chunk with number `i` of those touched.
  Shape place(std::uint64_t i) const;

  Overlap overlap(const Shape& place) const;

  /// True when the region has all of the chunk's elements that lie in the array.
  bool covers(const Shape& place, const Overlap& overlap) const;

 private:
  const ChunkGrid& grid_;
  const Region& region_;
  Shape first_, counts_;
  std::uint64_t count_ = 0;
};

}  // namespace engram
