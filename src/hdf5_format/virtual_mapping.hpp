#pragma once

#include "hdf5_format/format_file.hpp"

namespace engram::hdf5_format {

/// True for the mappings of a virtual dataset, an object of the global heap ("HDF5 File Format
/// Specification Version 4.0", section III.F), in a form that HDF5 1.10 does not know.
bool has_newer_mappings(BytesView object, const FormatFile& file);

/// The same mappings in the form that it knows. Throws Error(corrupt_data), Error(unsupported),
/// Error(limit_exceeded).
Bytes older_mappings(BytesView object, const FormatFile& file);

}  // namespace engram::hdf5_format
