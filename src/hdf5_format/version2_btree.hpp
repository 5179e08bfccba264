#pragma once

#include <cstdint>
#include <functional>

#include "hdf5_format/format_file.hpp"

namespace engram::hdf5_format {

/// Called with each record of a B-tree, in order.
using TakeRecord = std::function<void(BytesView)>;

/// Reads the version 2 B-tree whose header is at `address` ("HDF5 File Format Specification Version
/// 4.0", section III.A.2). `take` is called with the kind of its records first, and says what to do
/// with each. Throws Error(corrupt_data).
void read_version2_btree(FormatFile& file, std::uint64_t address,
                         const std::function<TakeRecord(std::uint64_t kind)>& take);

}  // namespace engram::hdf5_format
