#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "engram/array/array_source.hpp"
#include "engram/array/chunk_grid.hpp"

namespace engram::converter {

/// The blocks in which two arrays of one shape are compared: boxes of this shape, cut along the
/// chunks of both where that is so many bytes at most, else along the larger chunks, so that each
/// chunk is decoded about once. No length is 0.
Shape block_shape(const ArrayInfo& a, const ArrayInfo& b, std::uint64_t most_bytes);

/// The blocks, by number, that any of `chunks` of `chunk_grid` reaches into. nullopt: so many that
/// all may be.
std::optional<std::vector<std::uint64_t>> blocks_of(const std::vector<EncodedChunk>& chunks,
                                                    const ChunkGrid& chunk_grid,
                                                    const ChunkGrid& blocks);

/// Reads boxes of an array, chunk by chunk: each is decoded by engram's own codecs on the thread
/// that asks, so that no lock of the source's library is held meanwhile; or by the source itself
/// where that is the only way.
///
/// Threads: read() may be called by many threads at once.
class BlockReader {
 public:
  /// `listed`: all chunks that are stored, by number, if they are known. `source` and they must
  /// live on.
  BlockReader(const ArraySource& source, const std::vector<EncodedChunk>* listed);
  ~BlockReader();
  BlockReader(const BlockReader&) = delete;
  BlockReader& operator=(const BlockReader&) = delete;

  /// The elements of `region` as ArraySource::read() gives them.
  void read(const Region& region, std::span<std::byte> out) const;

 private:
  struct Decoder;
  const ArraySource& source_;
  std::unique_ptr<const Decoder> decoder_;  ///< None: the source reads.
};

}  // namespace engram::converter
