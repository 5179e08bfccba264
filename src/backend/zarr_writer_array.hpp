#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "backend/counters.hpp"
#include "engram/array/array_source.hpp"
#include "engram/array/chunk_grid.hpp"
#include "engram/backend/backend.hpp"
#include "engram/codec/adopt.hpp"
#include "engram/codec/pipeline.hpp"
#include "engram/store/store.hpp"
#include "engram/zarr/metadata.hpp"
#include "zarr/shard_places.hpp"
#include "zarr/shard_writer.hpp"

namespace engram::backend {

/// The chunks of one Zarr array.
class ZarrArraySink final : public ArraySink {
 public:
  /// `path` is "a/b". `adopter` is there for chunks that come encoded; `resume` as in
  /// ZarrWriteOptions.
  ZarrArraySink(std::shared_ptr<store::Store> store, std::shared_ptr<Counters> counters,
                std::string path, zarr::ArrayMetadata metadata,
                std::optional<codec::Adopter> adopter, bool resume);

  bool take_over(std::uint64_t chunk_number) override;
  std::uint64_t shard_of(std::uint64_t chunk_number) const override;
  bool has_shards() const override { return !metadata_.shards.empty(); }
  void finish_shard(std::uint64_t shard) override;
  void write_encoded(std::uint64_t chunk_number, std::uint32_t filter_mask, Bytes& bytes) override;
  /// In Zarr v3 a chunk of fill values is left out, as zarr-python 3 does.
  void write(std::uint64_t chunk_number, BytesView elements) override;
  void write_in(std::uint64_t chunk_number, std::span<std::byte> memory,
                std::uint64_t size) override;

 private:
  store::Key key(std::uint64_t shard) const;
  void put(std::uint64_t chunk_number, BytesView encoded);
  /// Throws Error(invalid_argument) unless the elements of the chunk have `size` bytes.
  Region region_of(std::uint64_t chunk_number, std::uint64_t size) const;
  void encode(std::uint64_t chunk_number, BytesView chunk);
  bool is_left_out(BytesView elements) const;
  void fill_missing(const Region& region, std::span<std::byte> chunk) const;
  void fill_chunk(const Region& region, BytesView elements, std::span<std::byte> chunk) const;

  std::shared_ptr<store::Store> store_;
  std::shared_ptr<Counters> counters_;
  const std::string path_;
  const zarr::ArrayMetadata metadata_;
  const ChunkGrid grid_;
  const ChunkGrid values_;             ///< Of what is stored under one key each: chunks or shards.
  const zarr::ShardPlaces in_shards_;  ///< Where there are shards.
  const codec::Pipeline pipeline_;
  const std::optional<codec::Adopter> adopter_;
  const bool resume_;
  const Bytes fill_;  ///< One element, little-endian.
  std::mutex mutex_;
  std::map<std::uint64_t, std::unique_ptr<zarr::ShardWriter>> open_;  ///< By number of the shard.
};

/// The metadata of an array of Zarr v2 or v3 as `plan` has it; scalars of v2 get the shape (1).
/// Throws Error(invalid_argument) for a plan that contradicts itself.
zarr::ArrayMetadata array_metadata(const ArrayPlan& plan, int zarr_format);

/// What is the same for all arrays that engram makes in Zarr v3: chunk keys are "c.0.1", which
/// makes no directories, so that no path gets longer than in v2.
void make_v3(zarr::ArrayMetadata& metadata);

}  // namespace engram::backend
