#pragma once

#include "hdf5_format/chunk_records.hpp"

namespace engram::hdf5_format {

/// A version 1 B-tree of `chunks` ("HDF5 File Format Specification Version 4.0", section III.A.1),
/// the index that every HDF5 library reads; its root's address. Throws Error(unsupported) for
/// chunks that it can't tell: of 4 GiB and more.
std::uint64_t write_chunk_btree1(const FormatFile& file, const ChunkLayout& layout,
                                 const ChunkRecords& chunks, std::uint64_t node_size,
                                 const PlaceBytes& place);

/// Half the children that a node of such a tree has room for in this file. Throws
/// Error(corrupt_data).
std::uint64_t chunk_node_size(FormatFile& file);

/// The layout message for such a tree.
Bytes btree1_layout(const FormatFile& file, const ChunkLayout& layout, std::uint64_t root);

}  // namespace engram::hdf5_format
