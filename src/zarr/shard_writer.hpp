#pragma once

#include <cstdint>
#include <memory>

#include "engram/base/bytes.hpp"
#include "engram/store/store.hpp"
#include "engram/zarr/metadata.hpp"
#include "zarr/shard_index.hpp"

namespace engram::zarr {

/// A shard that is written chunk by chunk, in any order, with the index behind them: no more than
/// the index is held. It is there once finish() has returned; without that it never was.
///
/// One thread.
class ShardWriter {
 public:
  /// `level` has its index at the end. Throws what Store::begin() throws.
  ShardWriter(store::Store& store, const store::Key& key, const ShardLevel& level,
              std::uint64_t chunk_count)
      : level_(level), index_(chunk_count), value_(store.begin(key)) {}

  /// The chunk with `number` (see ShardPlaces), encoded; each at most once.
  void add(std::uint64_t number, BytesView chunk) {
    value_->append(chunk);
    index_[number] = ShardIndex::Entry{size_, chunk.size()};
    size_ += chunk.size();
  }

  /// Returns the bytes of the whole shard.
  std::uint64_t finish() {
    const Bytes index = index_.encode(level_);
    value_->append(index);
    value_->finish();
    return size_ + index.size();
  }

 private:
  const ShardLevel level_;
  ShardIndex index_;
  std::unique_ptr<store::ValueWriter> value_;
  std::uint64_t size_ = 0;
};

}  // namespace engram::zarr
