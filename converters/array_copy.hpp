#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "converters/plan.hpp"
#include "converters/progress_meter.hpp"
#include "converters/retile.hpp"
#include "engram/array/chunk_grid.hpp"
#include "engram/base/error.hpp"
#include "engram/codec/pipeline.hpp"

namespace engram::converter {

/// The way of one array from its source to its sink, chunk by chunk:
///  - copy: encoded chunks as they are;
///  - decode: encoded chunks of the same shape, decoded by engram's own codecs on this thread, so
///    that no lock of the source's library is held meanwhile;
///  - read: elements by ArraySource::read, where the source can't or need not give chunks; or in
///    bands (see Bands), where that reads and decodes less. Always the first without fast paths.
/// In the first two, chunks that the source does not have stay missing.
///
/// Threads: copy_chunk may be called by many threads at once for different chunks.
class ArrayCopy {
 public:
  /// Makes the array in `writer`. Chunks that this can take over are not passed.
  ArrayCopy(const PlannedDataset& planned, backend::Writer& writer);

  /// The chunks to pass, in this order; `size` is 0 where elements are read.
  class Chunks {
   public:
    std::uint64_t count() const noexcept { return listed_ ? listed_->size() : count_; }
    EncodedChunk operator[](std::uint64_t index) const {
      return listed_ ? (*listed_)[index] : EncodedChunk{index, 0};
    }

    /// The shard that the chunk lies in; that of none other where there are no shards.
    std::uint64_t shard(std::uint64_t index) const {
      return shards_.empty() ? (*this)[index].number : shards_[index];
    }
    bool have_shards() const noexcept { return !shards_.empty(); }

   private:
    friend class ArrayCopy;
    std::optional<std::vector<EncodedChunk>> listed_;
    std::vector<std::uint64_t> shards_;  ///< Of each that is listed; they come one after another.
    std::uint64_t count_ = 0;
  };
  Chunks chunks() const;

  /// The bytes that are held while `chunk` passes.
  std::uint64_t cost(const EncodedChunk& chunk) const noexcept;

  /// Passes the chunks from `first` to before `last`, until a stop is asked for. With shards these
  /// are all of those that they lie in.
  void copy_chunks(const Chunks& chunks, std::uint64_t first, std::uint64_t last,
                   ProgressMeter& progress, const std::stop_token& stop);

  /// How all chunks are better passed at once, in at most `memory` bytes: where elements are read
  /// and chunks of the target lie across the source's. Nothing: chunk by chunk.
  std::optional<Bands> bands(std::uint64_t memory) const;
  /// Passes all chunks in `bands`, on threads of `pool`, of which the caller is none.
  void copy_all(const Bands& bands, ThreadPool& pool, MemoryBudget& budget, ProgressMeter& progress,
                std::stop_token stop);

  /// Tells the meter that the array is complete, with whatever of it was not stored.
  void finish(ProgressMeter& progress);

  const PlannedDataset& planned() const noexcept { return planned_; }

  /// Chunks that are still to be passed, for the caller to count down.
  std::atomic<std::uint64_t> open_chunks{0};

 private:
  void copy_chunk(const EncodedChunk& chunk, ProgressMeter& progress);
  void sort_by_shard(Chunks& chunks) const;

  enum class Route { copy, decode, read };

  void tell(std::uint64_t number, ProgressMeter& progress);
  void decode_chunk(const EncodedChunk& chunk, Bytes& buffer);
  void read_chunk(const EncodedChunk& chunk, Bytes& buffer);

  const PlannedDataset& planned_;
  const ArraySource& source_;
  ChunkGrid grid_;
  std::uint64_t chunk_bytes_;
  Route route_ = Route::read;
  std::optional<codec::Pipeline> decoder_;
  std::unique_ptr<ArraySink> sink_;
  std::atomic<std::uint64_t> bytes_done_{0}, chunks_done_{0};
};

/// Adds ": at PATH" to `error` unless it names the path already.
void name_path(Error& error, const std::string& path);

}  // namespace engram::converter
