#include "zarr/chunk_keys.hpp"

#include <algorithm>
#include <charconv>

#include "zarr/documents.hpp"

namespace engram::zarr {
namespace {

// Up to so many places are looked at one by one; beyond, what is stored is listed.
constexpr std::uint64_t kFewChunks = 1000;

// All chunk keys below `path`: their names are one deep, or as deep as the array has dimensions.
void collect(const store::ReadableStore& store, const ArrayMetadata& metadata,
             const std::string& path, const std::string& name, std::size_t depth,
             std::vector<Shape>& places) {
  const store::Listing listing = store.list_dir(join(path, name));
  if (depth == 1 || metadata.separator == '.') {
    for (const std::string& last : listing.keys)
      if (auto place = parse_chunk_key(metadata, join(name, last)))
        places.push_back(std::move(*place));
    return;
  }
  for (const std::string& next : listing.prefixes)
    collect(store, metadata, path, join(name, next), depth - 1, places);
}

}  // namespace

std::string chunk_key(const ArrayMetadata& metadata, const Shape& place) {
  if (place.empty()) return metadata.keys_begin_with_c ? "c" : "0";
  std::string key = metadata.keys_begin_with_c ? "c" : "";
  for (const std::uint64_t index : place) {
    if (!key.empty()) key.push_back(metadata.separator);
    key += std::to_string(index);
  }
  return key;
}

std::optional<Shape> parse_chunk_key(const ArrayMetadata& metadata, std::string_view name) {
  const std::size_t rank = metadata.shape.size();
  if (rank == 0) return name == chunk_key(metadata, {}) ? std::optional(Shape{}) : std::nullopt;
  if (metadata.keys_begin_with_c) {
    if (name.size() < 2 || name[0] != 'c' || name[1] != metadata.separator) return std::nullopt;
    name.remove_prefix(2);
  }
  Shape place;
  const char* at = name.data();
  const char* const end = at + name.size();
  while (true) {
    std::uint64_t index = 0;
    const auto [stop, error] = std::from_chars(at, end, index);
    if (error != std::errc() || (*at == '0' && stop != at + 1)) return std::nullopt;
    place.push_back(index);
    if (stop == end) break;
    if (*stop != metadata.separator || place.size() == rank) return std::nullopt;
    at = stop + 1;
  }
  return place.size() == rank ? std::optional(std::move(place)) : std::nullopt;
}

bool is_in_grid(const Shape& place, const Shape& grid_shape) noexcept {
  for (std::size_t d = 0; d < place.size(); ++d)
    if (place[d] >= grid_shape[d]) return false;
  return true;
}

std::vector<Shape> stored_places(const store::ReadableStore& store, const std::string& path,
                                 const ArrayMetadata& metadata) {
  std::vector<Shape> places;
  const std::size_t rank = metadata.shape.size();
  const std::size_t depth = rank + (metadata.keys_begin_with_c ? 1 : 0);
  collect(store, metadata, path, "", std::max<std::size_t>(depth, 1), places);
  return places;
}

void erase_chunks_outside(store::Store& store, const std::string& path,
                          const ArrayMetadata& metadata, const ChunkGrid& grid,
                          const ChunkGrid& kept) {
  const auto erase = [&](const Shape& place) {
    store.erase(store::Key(join(path, chunk_key(metadata, place))));
  };
  bool is_smaller = false;  // An array that grows is looked through for nothing.
  for (std::size_t d = 0; d < grid.grid_shape().size(); ++d)
    is_smaller = is_smaller || kept.grid_shape()[d] < grid.grid_shape()[d];
  if (!is_smaller) return;
  if (grid.chunk_count() <= kFewChunks) {
    for (std::uint64_t i = 0; i < grid.chunk_count(); ++i)
      if (const Shape place = grid.place(i); !is_in_grid(place, kept.grid_shape())) erase(place);
    return;
  }
  erase_chunks_beyond(store, path, metadata, kept);
}

void erase_chunks_beyond(store::Store& store, const std::string& path,
                         const ArrayMetadata& metadata, const ChunkGrid& grid) {
  for (const Shape& place : stored_places(store, path, metadata))
    if (!is_in_grid(place, grid.grid_shape()))
      store.erase(store::Key(join(path, chunk_key(metadata, place))));
}

}  // namespace engram::zarr
