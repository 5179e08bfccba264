#pragma once

#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "engram/array/region.hpp"
#include "engram/store/store.hpp"
#include "engram/zarr/metadata.hpp"
#include "zarr/shard_index.hpp"
#include "zarr/shard_places.hpp"

namespace engram::zarr {

/// The chunks in the shards of one array, as if each lay in a store of its own: under the key that
/// chunk_key() makes of chunk_keys(). A chunk is read as a range of its shard; of the shard nothing
/// is read but that and its index, which is kept. So whatever reads chunks from a store reads those
/// of shards too; shards in shards are one such store on another.
///
/// To be used for one task on the array: what is changed in a shard afterwards is not seen.
///
/// Threads: every member may be called by many threads at once.
class ShardStore final : public store::ReadableStore {
 public:
  /// The chunks of the array at `path` of `store`, whose `metadata` has shards. Good as long as the
  /// store lives. Throws as codec::make_codec() does where shards are encoded as a whole.
  static std::unique_ptr<const ShardStore> of(const store::ReadableStore& store,
                                              const std::string& path,
                                              const ArrayMetadata& metadata);

  /// The chunks of the shards of one level, 0 the outermost, where `below` has those shards, before
  /// what is done to them as a whole.
  static std::unique_ptr<const ShardStore> of_level(const store::ReadableStore& below,
                                                    const std::string& path,
                                                    const ArrayMetadata& metadata,
                                                    std::size_t level);

  /// How the chunks of an array with `metadata` are named here.
  static ArrayMetadata chunk_keys(const ArrayMetadata& metadata);

  std::optional<Bytes> get(const store::Key& key, std::uint64_t max_size) const override;
  std::optional<Bytes> get_range(const store::Key& key, std::uint64_t offset,
                                 std::uint64_t size) const override;
  std::optional<std::uint64_t> size(const store::Key& key) const override;
  store::Listing list_dir(const std::string& prefix) const override;
  std::string name() const override { return below_.name(); }

  /// Where the chunk of `key` lies, or would. Throws Error(invalid_argument) for what is the key of
  /// no chunk.
  struct InShard {
    store::Key shard;
    std::uint64_t number = 0;
  };
  InShard place_of(const store::Key& key) const;

  const ShardLevel& level() const noexcept { return level_; }
  std::uint64_t chunk_count() const noexcept { return places_.count(); }

  /// What no shard has more bytes than, before what is done to it as a whole or after.
  static std::uint64_t max_shard_size(const ArrayMetadata& metadata, std::size_t level);

  /// The index of a shard; nullptr: there is no such shard.
  std::shared_ptr<const ShardIndex> index(const store::Key& shard) const { return index_of(shard); }

 private:
  struct Kept {
    std::string key;
    std::shared_ptr<const ShardIndex> index;  ///< None: there is no such shard.
  };
  /// A chunk in its shard.
  struct Place {
    store::Key shard;
    ShardIndex::Entry entry;
  };

  static std::unique_ptr<const ShardStore> make(const store::ReadableStore& below,
                                                std::unique_ptr<const store::ReadableStore> owned,
                                                const std::string& path,
                                                const ArrayMetadata& metadata, std::size_t level);
  ShardStore(const store::ReadableStore& below, std::unique_ptr<const store::ReadableStore> owned,
             std::string path, ArrayMetadata shards, ShardLevel level, const Shape& chunk_shape);

  std::shared_ptr<const ShardIndex> index_of(const store::Key& shard) const;
  std::shared_ptr<const ShardIndex> read_index(const store::Key& shard) const;
  std::optional<InShard> parse(const store::Key& key) const;
  std::optional<Place> find(const store::Key& key) const;

  std::unique_ptr<const store::ReadableStore> owned_;  ///< What `below_` is, or stands on.
  const store::ReadableStore& below_;                  ///< Has the shards.
  std::string path_;
  ArrayMetadata shards_;  ///< By which the keys of shards are made; `shape` and names mean nothing.
  ShardLevel level_;
  ArrayMetadata keys_;  ///< And those of chunks.
  ShardPlaces places_;

  mutable std::mutex mutex_;
  mutable std::list<Kept> kept_;  ///< Used last first.
  mutable std::map<std::string, std::list<Kept>::iterator> by_key_;
};

}  // namespace engram::zarr
