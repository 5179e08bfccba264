#include "zarr/trim.hpp"

#include <algorithm>
#include <utility>

#include "zarr/chunk_keys.hpp"
#include "zarr/chunk_walk.hpp"
#include "zarr/documents.hpp"
#include "zarr/fill.hpp"

namespace engram::zarr {
namespace {

// Calls `visit(place)` for each chunk that the array's end cuts through along one of `axes`.
template <typename Visit>
void for_each_edge(const ChunkGrid& grid, std::span<const std::size_t> axes, Visit visit) {
  if (grid.chunk_count() == 0) return;
  const auto is_cut = [&](std::size_t axis) {
    return grid.shape()[axis] % grid.chunk_shape()[axis] != 0;
  };
  for (std::size_t i = 0; i < axes.size(); ++i) {
    if (!is_cut(axes[i])) continue;
    Shape slice = grid.grid_shape();
    slice[axes[i]] = 1;
    for_each_index(slice, [&](Shape place) {
      place[axes[i]] = grid.grid_shape()[axes[i]] - 1;
      const bool is_done = std::any_of(
          axes.begin(), axes.begin() + static_cast<std::ptrdiff_t>(i), [&](std::size_t axis) {
            return is_cut(axis) && place[axis] == grid.grid_shape()[axis] - 1;
          });
      if (!is_done) visit(place);
    });
  }
}

// `array` with all elements that its chunks have.
Array with_whole_chunks(const StoreHandle& store, const Array& array, const Limits& limits) {
  ArrayMetadata metadata = array.metadata();
  for (std::size_t d = 0; d < metadata.shape.size(); ++d)
    metadata.shape[d] = checked_multiply(array.grid().grid_shape()[d], metadata.chunk_shape[d],
                                         "the length of the array");
  return {store, array.path(), std::move(metadata), limits};
}

void trim_elements(Array& whole, const Region& chunk, const Shape& inside) {
  const ArrayMetadata& metadata = whole.metadata();
  const Bytes before = whole.read_bytes(chunk);
  Bytes after(before.size());
  fill_region(after, chunk.shape, Region::all(chunk.shape), fill_element(metadata));
  copy_region(before, chunk.shape, Region::all(inside), after, chunk.shape, Region::all(inside),
              metadata.type.size);
  if (after != before) whole.write(chunk, after);
}

void trim_objects(Array& whole, const Region& chunk, const Shape& inside) {
  std::vector<Json> objects = whole.read_objects(chunk);
  const Json padding = object_padding(whole.metadata());
  bool is_changed = false;
  for_each_index(chunk.shape, [&](const Shape& index) {
    for (std::size_t d = 0; d < index.size(); ++d) {
      if (index[d] < inside[d]) continue;
      Json& object = objects[offset_in(chunk.shape, {}, index, Shape(index.size(), 0))];
      is_changed = is_changed || object != padding;
      object = padding;
      return;
    }
  });
  if (is_changed) whole.write_objects(chunk, objects);
}

}  // namespace

void trim(StoreHandle store, const Array& array, std::span<const std::size_t> axes,
          const Limits& limits) {
  erase_chunks_beyond(store.writer(), array.path(), array.metadata(), array.grid());
  Array whole = with_whole_chunks(store, array, limits);
  for_each_edge(array.grid(), axes, [&](const Shape& place) {
    if (!store.reader().size(array.chunk_key(place))) return;
    const Region chunk = whole.grid().region(place);
    const Shape inside = array.grid().region(place).shape;
    if (array.metadata().is_object)
      trim_objects(whole, chunk, inside);
    else
      trim_elements(whole, chunk, inside);
  });
}

}  // namespace engram::zarr
