#pragma once

#include <cstdint>

#include "hdf5_format/format_file.hpp"

namespace engram::hdf5_format {

/// The bytes of object `index` of the global heap collection at `address` ("HDF5 File Format
/// Specification Version 4.0", section III.E). Throws Error(corrupt_data).
Bytes read_heap_object(FormatFile& file, std::uint64_t address, std::uint64_t index);

/// A collection of one object, which has the index 1.
Bytes heap_of(BytesView object, const FormatFile& file);

}  // namespace engram::hdf5_format
