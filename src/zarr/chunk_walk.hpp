#pragma once

#include <functional>
#include <vector>

#include "array/chunk_walk.hpp"
#include "engram/array/region.hpp"
#include "engram/zarr/array.hpp"

namespace engram::zarr {

/// Bytes of the elements of a chunk.
inline std::uint64_t size_of_chunk(const ArrayMetadata& metadata) {
  return element_count(metadata.chunk_shape) * metadata.type.size;
}

/// The codecs of a chunk that turn bytes into bytes: all but that of objects.
std::vector<CodecConfig> codecs_of_bytes(const ArrayMetadata& metadata);

/// The elements of a chunk as its codecs are given them: in v2 those of the chunk, in whatever
/// order they lie; in v3, where `transpose` is a codec itself, what that makes of them.
codec::ChunkElements elements_of(const ArrayMetadata& metadata);

/// What a chunk whose decoded size is not known may have as stored.
inline std::uint64_t max_stored_objects(const Limits& limits) {
  return 2 * limits.max_chunk_bytes + (1U << 20U);
}

/// Calls `visit(index)` for each index of `shape`, the last dimension fastest.
template <typename Visit>
void for_each_index(const Shape& shape, Visit visit) {
  Shape index(shape.size(), 0);
  for (std::uint64_t left = element_count(shape); left > 0; --left) {
    visit(index);
    for (std::size_t d = shape.size(); d-- > 0;) {
      if (++index[d] < shape[d]) break;
      index[d] = 0;
    }
  }
}

/// Elements from the first one of a buffer to the one at `index` + `origin`.
std::uint64_t offset_in(const Shape& shape, const Order& order, const Shape& index,
                        const Shape& origin);

/// Runs task(0) ... task(count - 1) as `workers` says; each holds `cost` bytes while it runs.
void run_tasks(const Workers& workers, std::uint64_t count, std::uint64_t cost,
               const std::function<void(std::uint64_t)>& task);

}  // namespace engram::zarr
