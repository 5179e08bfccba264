#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "backend/counters.hpp"
#include "backend/hdf5_writer_codecs.hpp"
#include "engram/array/array_source.hpp"
#include "engram/array/chunk_grid.hpp"
#include "engram/backend/backend.hpp"
#include "engram/codec/pipeline.hpp"
#include "engram/hdf5/handle.hpp"
#include "engram/hdmf/builder.hpp"

namespace engram::backend {

/// Makes the dataset of `info` in the group or file `parent` at `path` from there ("a/b"), without
/// values: chunked with the filters of `plan.codecs`, or contiguous (ArrayPlan::contiguous,
/// scalars, and what has no elements). A dimension that a chunk is longer than, and those that
/// `dataset.stored` says, can grow.
hdf5::Handle create_dataset(hdf5::Id parent, const std::string& path,
                            const hdmf::DatasetBuilder& dataset, const ArrayPlan& plan);

/// The same for values of the HDF5 type `type`, contiguous unless `chunk_shape` is given.
hdf5::Handle create_dataset(hdf5::Id parent, const std::string& path,
                            const hdmf::DatasetBuilder& dataset, hdf5::Id type, const Shape& shape,
                            const Shape& chunk_shape);

/// The chunks of one HDF5 dataset, or the pieces of a contiguous one. Encoding is done by the
/// calling threads, only writing by one at a time.
class Hdf5ArraySink final : public ArraySink {
 public:
  /// `path` is for messages; `adopter` is there for chunks that come encoded.
  Hdf5ArraySink(hdf5::Handle dataset, std::shared_ptr<Counters> counters, std::string path,
                ArrayPlan plan, std::optional<Hdf5Adopter> adopter);

  void write_encoded(std::uint64_t chunk_number, std::uint32_t filter_mask, Bytes& bytes) override;
  void write(std::uint64_t chunk_number, BytesView elements) override;

 private:
  void write_elements(const Region& region, BytesView elements);
  void put(std::uint64_t chunk_number, std::uint32_t filter_mask, BytesView encoded);
  void fill_chunk(const Region& region, BytesView elements, Bytes& chunk) const;

  hdf5::Handle dataset_;
  std::shared_ptr<Counters> counters_;
  const std::string path_;
  const ArrayPlan plan_;
  const bool chunked_;
  ChunkGrid grid_;
  codec::Pipeline pipeline_;
  std::optional<Hdf5Adopter> adopter_;
};

}  // namespace engram::backend
