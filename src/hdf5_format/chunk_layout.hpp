#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "hdf5_format/format_file.hpp"

namespace engram::hdf5_format {

/// The shape of a dataset as its dataspace message tells it. A length without end is ~0.
struct StoredSpace {
  std::vector<std::uint64_t> lengths, max_lengths;
};

/// Throws Error(corrupt_data).
StoredSpace read_space(BytesView message, std::uint64_t length_size);

/// How a dataset's values are stored, of a layout message of version 4 or 5 ("HDF5 File Format
/// Specification Version 4.0", section IV.A.2.i).
struct ChunkLayout {
  enum Index : std::uint8_t {
    single = 1,
    implicit = 2,
    fixed_array = 3,
    extensible_array = 4,
    version2_btree = 5,
  };
  std::uint8_t version = 0, flags = 0, index = 0;
  std::vector<std::uint64_t> chunk_shape;  ///< In elements.
  std::uint64_t element_size = 0;
  std::uint64_t address = 0;      ///< Of the index, or of the one chunk.
  std::uint64_t single_size = 0;  ///< single, filtered: bytes of the chunk.
  std::uint32_t single_mask = 0;  ///< single, filtered: filters that were skipped.

  /// Chunks at the edges are stored without filters.
  bool leaves_edges_unfiltered() const noexcept { return (flags & 0x01) != 0; }
  bool is_single_filtered() const noexcept { return (flags & 0x02) != 0; }
};

/// nullopt: it is of another kind or version. Throws Error(corrupt_data).
std::optional<ChunkLayout> read_chunk_layout(BytesView message, const FormatFile& file);

}  // namespace engram::hdf5_format
