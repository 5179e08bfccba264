#pragma once

#include <cstdint>
#include <vector>

#include "hdf5_format/format_file.hpp"

namespace engram::hdf5_format {

/// A part of a file, as it is to be shown instead.
struct ChangedBytes {
  std::uint64_t address = 0;
  Bytes bytes;
};

/// The attributes that `message`, an attribute info message, leads to, in versions that HDF5 1.10
/// knows: the blocks of their fractal heap in which something changes ("HDF5 File Format
/// Specification Version 4.0", sections III.G, IV.A.2.v). What lies elsewhere ("huge" attributes,
/// filtered heaps) or would become longer stays as it is. Throws Error(corrupt_data).
std::vector<ChangedBytes> older_dense_attributes(FormatFile& file, BytesView message);

}  // namespace engram::hdf5_format
