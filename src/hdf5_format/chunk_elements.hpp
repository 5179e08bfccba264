#pragma once

#include <cstdint>
#include <functional>

#include "hdf5_format/chunk_records.hpp"

namespace engram::hdf5_format {

/// What an index says of one chunk: its address and, for filtered ones, its size and mask. Indexes
/// tell how many bytes that takes, and so how wide the size is, which depends on who wrote it.
class ChunkElement {
 public:
  /// Of `bytes` bytes; unfiltered chunks have `plain_size` bytes each. Throws Error(corrupt_data).
  ChunkElement(bool is_filtered, std::uint64_t bytes, std::uint64_t plain_size,
               const FormatFile& file);

  /// False: the chunk is not stored.
  bool read(FormatCursor& cursor, ChunkRecord& record) const;

  std::uint64_t bytes() const noexcept { return bytes_; }

 private:
  bool is_filtered_;
  std::uint64_t bytes_, plain_size_, offset_size_;
};

/// Called with the number of a chunk and where it is.
using TakeChunk = std::function<void(std::uint64_t, const ChunkRecord&)>;

/// The elements of a fixed array ("HDF5 File Format Specification Version 4.0", section VII.C) and
/// of an extensible array (VII.D), whose header is at `address`; only those that are stored, each
/// once, in any order. Throw Error(corrupt_data).
void read_fixed_array(FormatFile& file, std::uint64_t address, std::uint64_t plain_size,
                      const TakeChunk& take);
void read_extensible_array(FormatFile& file, std::uint64_t address, std::uint64_t plain_size,
                           const TakeChunk& take);

}  // namespace engram::hdf5_format
