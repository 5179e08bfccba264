#pragma once

#include <cstdint>
#include <vector>

#include "hdf5_format/chunk_layout.hpp"

namespace engram::hdf5_format {

/// Where one chunk is stored.
struct ChunkRecord {
  std::uint64_t address = 0;
  std::uint64_t size = 0;  ///< Bytes, as they are stored.
  std::uint32_t mask = 0;  ///< Filters that were skipped.
};

/// The chunks of a dataset that are stored, in the order of their coordinates.
struct ChunkRecords {
  std::size_t rank = 0;
  std::vector<ChunkRecord> records;
  std::vector<std::uint64_t> coordinates;  ///< `rank` for each record, in chunks.

  void add(const ChunkRecord& record, const std::vector<std::uint64_t>& at);
  const std::uint64_t* at(std::size_t record) const { return &coordinates[record * rank]; }
};

/// The chunks that the index of `layout` names. Throws Error(corrupt_data).
ChunkRecords read_chunk_records(FormatFile& file, const ChunkLayout& layout,
                                const StoredSpace& space);

}  // namespace engram::hdf5_format
