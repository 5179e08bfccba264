#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engram/array/chunk_grid.hpp"
#include "engram/store/store.hpp"
#include "engram/zarr/metadata.hpp"

namespace engram::zarr {

/// The shape of what lies under one chunk key: of a chunk, or with shards of a shard.
inline const Shape& shape_of_values(const ArrayMetadata& metadata) noexcept {
  return metadata.shards.empty() ? metadata.chunk_shape : metadata.shards.front().shape;
}

/// The place that `name`, relative to its array, is the chunk key of; nullopt where it is none.
std::optional<Shape> parse_chunk_key(const ArrayMetadata& metadata, std::string_view name);

/// Whether the chunk at `place` is one of a grid of `grid_shape` chunks.
bool is_in_grid(const Shape& place, const Shape& grid_shape) noexcept;

/// The places of all chunks that are stored below `path`, whatever shape they were written for, in
/// any order. Lists the array's keys.
std::vector<Shape> stored_places(const store::ReadableStore& store, const std::string& path,
                                 const ArrayMetadata& metadata);

/// Removes the chunks of `grid` that are not in `kept`, a grid of the same chunks over another
/// shape.
void erase_chunks_outside(store::Store& store, const std::string& path,
                          const ArrayMetadata& metadata, const ChunkGrid& grid,
                          const ChunkGrid& kept);

/// Removes all chunks that are stored, but not in `grid`, whatever shape they were written for.
/// Lists the array's keys.
void erase_chunks_beyond(store::Store& store, const std::string& path,
                         const ArrayMetadata& metadata, const ChunkGrid& grid);

}  // namespace engram::zarr
