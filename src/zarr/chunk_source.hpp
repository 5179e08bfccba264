#pragma once

#include <memory>
#include <string>

#include "engram/zarr/metadata.hpp"
#include "engram/zarr/store_handle.hpp"
#include "zarr/shard_store.hpp"

namespace engram::zarr {

/// Where the chunks of an array are read, for one task on it: its store, or the shards in it.
class ChunkSource {
 public:
  /// Good as long as the store lives. Throws as ShardStore::of() does.
  ChunkSource(const StoreHandle& store, const std::string& path, const ArrayMetadata& metadata)
      : shards_(metadata.shards.empty() ? nullptr : ShardStore::of(store.reader(), path, metadata)),
        store_(shards_ ? *shards_ : store.reader()) {}

  const store::ReadableStore& reader() const noexcept { return store_; }

 private:
  std::unique_ptr<const ShardStore> shards_;
  const store::ReadableStore& store_;
};

}  // namespace engram::zarr
