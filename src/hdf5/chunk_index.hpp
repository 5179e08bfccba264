#pragma once

#include <memory>
#include <vector>

#include "engram/array/array_source.hpp"
#include "engram/array/chunk_grid.hpp"
#include "hdf5/dataset.hpp"

namespace engram::hdf5 {

/// The chunks of a dataset as they lie in its file.
///
/// Threads: every member may be called by many threads at once.
class ChunkIndex final : public EncodedChunks {
 public:
  explicit ChunkIndex(std::shared_ptr<const Dataset> dataset);

  const std::vector<CodecConfig>& codecs() const override { return codecs_; }
  std::vector<EncodedChunk> chunks() const override;
  std::uint32_t read(const EncodedChunk& chunk, std::span<std::byte> out) const override;

 private:
  std::shared_ptr<const Dataset> dataset_;
  ChunkGrid grid_;
  std::vector<CodecConfig> codecs_;
};

}  // namespace engram::hdf5
