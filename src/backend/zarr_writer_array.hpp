#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>

#include "engram/array/array_source.hpp"
#include "engram/array/chunk_grid.hpp"
#include "engram/backend/backend.hpp"
#include "engram/codec/adopt.hpp"
#include "engram/codec/pipeline.hpp"
#include "engram/store/store.hpp"
#include "engram/zarr/metadata.hpp"

namespace engram::backend {

/// WriterCounters that many threads add to.
struct Counters {
  std::atomic<std::uint64_t> files = 0, bytes = 0;
  std::atomic<std::uint64_t> chunks_verbatim = 0, chunks_framed = 0, chunks_recoded = 0,
                             chunks_inflated = 0, chunks_taken_over = 0;
};

/// The chunks of one Zarr array.
class ZarrArraySink final : public ArraySink {
 public:
  /// `path` is "a/b". `adopter` is there for chunks that come encoded; `resume` as in
  /// ZarrWriteOptions.
  ZarrArraySink(std::shared_ptr<store::Store> store, std::shared_ptr<Counters> counters,
                std::string path, zarr::ArrayMetadata metadata,
                std::optional<codec::Adopter> adopter, bool resume);

  bool take_over(std::uint64_t chunk_number) override;
  void write_encoded(std::uint64_t chunk_number, std::uint32_t filter_mask, Bytes& bytes) override;
  void write(std::uint64_t chunk_number, BytesView elements) override;

 private:
  store::Key key(std::uint64_t chunk_number) const;
  void put(std::uint64_t chunk_number, BytesView encoded);
  void fill_chunk(const Region& region, BytesView elements, Bytes& chunk) const;

  std::shared_ptr<store::Store> store_;
  std::shared_ptr<Counters> counters_;
  const std::string path_;
  const zarr::ArrayMetadata metadata_;
  const ChunkGrid grid_;
  const codec::Pipeline pipeline_;
  const std::optional<codec::Adopter> adopter_;
  const bool resume_;
};

/// The metadata of an array as `plan` has it; scalars get the shape (1). Throws
/// Error(invalid_argument) for a plan that contradicts itself.
zarr::ArrayMetadata array_metadata(const ArrayPlan& plan);

}  // namespace engram::backend
