#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engram/store/store.hpp"
#include "engram/zarr/metadata.hpp"
#include "zarr/coded_values.hpp"
#include "zarr/shard_store.hpp"

namespace engram::zarr {

/// The chunks of one shard, or of shards in shards, to be changed: as those of ShardStore, under
/// the same keys. What is set is held in memory until commit(), which writes each shard that has
/// changed anew, with what it had before; one that has no chunks is removed.
///
/// Threads: members but commit() may be called by many threads at once.
class ShardEdit final : public store::Store {
 public:
  /// The chunks of the array at `path` of `store`, whose `metadata` has shards; see
  /// ShardStore::of(). Good as long as the store lives.
  static std::unique_ptr<ShardEdit> of(store::Store& store, const std::string& path,
                                       const ArrayMetadata& metadata);

  std::optional<Bytes> get(const store::Key& key, std::uint64_t max_size) const override;
  std::optional<Bytes> get_range(const store::Key& key, std::uint64_t offset,
                                 std::uint64_t size) const override;
  std::optional<std::uint64_t> size(const store::Key& key) const override;
  store::Listing list_dir(const std::string& prefix) const override;
  std::string name() const override { return below_.name(); }

  void set(const store::Key& key, BytesView value) override;
  void erase(const store::Key& key) override;

  /// To be called once, as the last.
  void commit();

 private:
  using Changes = std::map<std::uint64_t, std::optional<Bytes>>;  ///< By number of the chunk.

  ShardEdit(store::Store& below, std::unique_ptr<ShardEdit> owned,
            std::unique_ptr<CodedValues> coded, std::unique_ptr<const ShardStore> before)
      : owned_(std::move(owned)),
        coded_(std::move(coded)),
        below_(below),
        before_(std::move(before)) {}

  /// What became of the chunk; nullopt: it is as it was.
  std::optional<std::optional<Bytes>> changed(const store::Key& key) const;
  void write(const store::Key& shard, const Changes& changes);

  std::unique_ptr<ShardEdit> owned_;    ///< The shards that these shards lie in.
  std::unique_ptr<CodedValues> coded_;  ///< What is done to these shards as a whole.
  store::Store& below_;
  std::unique_ptr<const ShardStore> before_;
  mutable std::mutex mutex_;
  std::map<std::string, Changes> changes_;  ///< By key of the shard.
};

}  // namespace engram::zarr
