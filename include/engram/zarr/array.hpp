#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engram/array/array_source.hpp"
#include "engram/array/chunk_grid.hpp"
#include "engram/base/error.hpp"
#include "engram/base/limits.hpp"
#include "engram/codec/pipeline.hpp"
#include "engram/store/store.hpp"
#include "engram/zarr/metadata.hpp"

namespace engram::zarr {

/// A Zarr v2 array in a store.
///
/// Threads: members may be called by many threads at once; writers of one chunk must be one at a
/// time.
class Array {
 public:
  /// Opens the array at `path` ("" or "a/b") whose metadata are `metadata` (already read from
  /// wherever they lie). Codecs that engram does not know are refused when values are read.
  Array(std::shared_ptr<const store::ReadableStore> store, std::string path, ArrayMetadata metadata,
        const Limits& limits = {});

  const ArrayMetadata& metadata() const noexcept { return metadata_; }
  const ChunkGrid& grid() const noexcept { return grid_; }
  const std::string& path() const noexcept { return path_; }

  /// The elements of `region` of an array that holds no objects: C order, little-endian. `out` has
  /// their exact size. A missing chunk holds the fill value. Throws Error(corrupt_data) naming the
  /// chunk's key.
  void read(const Region& region, std::span<std::byte> out) const;

  /// The objects of `region`, C order, as JSON: text for vlen-utf8, json2's own values, lists of
  /// numbers for vlen-array. vlen-bytes that are no UTF-8 stay as they are (see parse_json). Throws
  /// Error(unsupported) for pickle and others.
  std::vector<Json> read_objects(const Region& region) const;

  /// The bytes of the chunk as stored, or nullopt where there is none.
  std::optional<Bytes> read_chunk(const Shape& place) const;

  /// The store's key of a chunk.
  store::Key chunk_key(const Shape& place) const;

 private:
  Bytes decode_chunk(BytesView stored) const;
  Bytes fill_chunk() const;

  std::shared_ptr<const store::ReadableStore> store_;
  std::string path_;
  ArrayMetadata metadata_;
  ChunkGrid grid_;
  Limits limits_;
  std::optional<codec::Pipeline> pipeline_;  ///< None for objects, and where it is refused.
  std::optional<Error> refusal_;             ///< What read() throws.
};

}  // namespace engram::zarr
