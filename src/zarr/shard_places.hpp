#pragma once

#include <cstdint>

#include "engram/array/region.hpp"
#include "engram/zarr/metadata.hpp"

namespace engram::zarr {

/// Which chunk of an array lies in which shard: the shards and the chunks in each are counted along
/// every dimension, and chunks in a shard in its order.
class ShardPlaces {
 public:
  struct InShard {
    Shape shard;               ///< Place of the shard in the grid of shards.
    std::uint64_t number = 0;  ///< Of the chunk in it.
  };

  ShardPlaces() = default;

  /// The shape of a shard is a whole number of `chunk_shape` along each dimension.
  ShardPlaces(const ShardLevel& level, const Shape& chunk_shape) : order_(level.order) {
    for (std::size_t d = 0; d < chunk_shape.size(); ++d)
      counts_.push_back(level.shape[d] / chunk_shape[d]);
    count_ = element_count(counts_);
  }

  /// Chunks of a shard.
  std::uint64_t count() const noexcept { return count_; }

  /// Of the chunk at `place` of the grid of chunks.
  InShard find(const Shape& place) const {
    InShard found{place, 0};
    for (std::size_t i = 0; i < place.size(); ++i) {
      const std::size_t d = order_.axis(i);
      found.number = found.number * counts_[d] + place[d] % counts_[d];
      found.shard[d] /= counts_[d];
    }
    return found;
  }

  /// The reverse.
  Shape place(const Shape& shard, std::uint64_t number) const {
    Shape place = shard;
    for (std::size_t i = place.size(); i-- > 0;) {
      const std::size_t d = order_.axis(i);
      place[d] = place[d] * counts_[d] + number % counts_[d];
      number /= counts_[d];
    }
    return place;
  }

 private:
  Order order_;
  Shape counts_;
  std::uint64_t count_ = 1;
};

}  // namespace engram::zarr
