#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "engram/array/chunk_grid.hpp"
#include "engram/store/store.hpp"
#include "engram/zarr/metadata.hpp"

namespace engram::zarr {

/// The place that `name`, relative to its array, is the chunk key of; nullopt where it is none.
std::optional<Shape> parse_chunk_key(const ArrayMetadata& metadata, std::string_view name);

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
