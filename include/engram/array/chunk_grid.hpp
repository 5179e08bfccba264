#pragma once

#include <cstdint>

#include "engram/array/region.hpp"

namespace engram {

/// How many pieces of `part`, which is not 0, cover `whole`: the last may be smaller.
constexpr std::uint64_t divide_up(std::uint64_t whole, std::uint64_t part) noexcept {
  return whole / part + (whole % part != 0 ? 1 : 0);
}

/// The regular grid of chunks that covers an array. A chunk is named by its place in the grid, in
/// chunks along each dimension, or by its number in C order of these places.
class ChunkGrid {
 public:
  /// `chunk_shape` has the rank of `shape` and no zero. Throws Error(invalid_argument) otherwise
  /// and Error(limit_exceeded) when the grid has more chunks than 64 bits count. A scalar has one
  /// chunk.
  ChunkGrid(Shape shape, Shape chunk_shape);

  const Shape& shape() const noexcept { return shape_; }
  const Shape& chunk_shape() const noexcept { return chunk_shape_; }

  /// Chunks along each dimension; 0 where the array's length is 0.
  const Shape& grid_shape() const noexcept { return grid_shape_; }

  /// Chunks in all; 0 for an array without elements.
  std::uint64_t chunk_count() const noexcept { return chunk_count_; }

  /// The place of chunk `number`, and back. Throw Error(invalid_argument) when it is not in the
  /// grid, as region() does.
  Shape place(std::uint64_t number) const;
  std::uint64_t number(const Shape& place) const;

  /// The part of the array that the chunk at `place` holds, cut at the array's end.
  Region region(const Shape& place) const;

 private:
  void check_place(const Shape& place) const;

  Shape shape_, chunk_shape_, grid_shape_;
  std::uint64_t chunk_count_ = 1;
};

}  // namespace engram
