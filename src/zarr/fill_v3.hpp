#pragma once

#include "engram/array/data_type.hpp"
#include "engram/base/bytes.hpp"
#include "engram/base/json.hpp"

namespace engram::zarr {

/// `fill_value`, one element of `type`, as it stands in Zarr v3 metadata: a number, "NaN",
/// "Infinity", "-Infinity" (any other NaN as its bits, "0x7ff8000000000001"), a pair for complex
/// numbers, true or false, text for fixed_length_utf32, "NaT" or a number for times, base64 of the
/// little-endian bytes for all else.
Json fill_to_v3(const DataType& type, BytesView fill_value);

/// The reverse: one element of `type`, as stored. Takes what the standard and zarr-python 3 write,
/// and of records also an object of values by field, which zarr-python 3.4 writes. Throws
/// Error(corrupt_data) for a value that is none of `type`, null too.
Bytes fill_from_v3(const DataType& type, const Json& json);

}  // namespace engram::zarr
