#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "engram/base/bytes.hpp"
#include "engram/zarr/metadata.hpp"

namespace engram::zarr {

/// Where the chunks of a shard lie in it: the index of Zarr v3's codec `sharding_indexed`.
///
/// Threads: may be used by many at once.
class ShardIndex {
 public:
  struct Entry {
    std::uint64_t offset = 0, size = 0;  ///< In bytes from the start of the shard.
  };

  /// Bytes of the index of a shard of `chunk_count` chunks.
  static std::uint64_t encoded_size(const ShardLevel& level, std::uint64_t chunk_count);

  /// An index without chunks.
  explicit ShardIndex(std::uint64_t chunk_count) : entries_(chunk_count) {}

  /// What `bytes`, of encoded_size(), say of a shard of `shard_size` bytes. Throws
  /// Error(corrupt_data) when its checksum is wrong, or a chunk lies outside of the shard or in its
  /// index. Chunks may share bytes: nothing is lost by it.
  static ShardIndex decode(const ShardLevel& level, BytesView bytes, std::uint64_t chunk_count,
                           std::uint64_t shard_size);

  /// The bytes that decode() takes.
  Bytes encode(const ShardLevel& level) const;

  std::uint64_t chunk_count() const noexcept { return entries_.size(); }

  /// The chunk with `number` (see ShardPlaces); nullopt when it is not there.
  const std::optional<Entry>& operator[](std::uint64_t number) const { return entries_[number]; }
  std::optional<Entry>& operator[](std::uint64_t number) { return entries_[number]; }

 private:
  std::vector<std::optional<Entry>> entries_;
};

}  // namespace engram::zarr
