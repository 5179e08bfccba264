#pragma once

#include <optional>

#include "engram/array/data_type.hpp"
#include "engram/base/bytes.hpp"
#include "engram/base/json.hpp"

namespace engram::zarr {

/// `fill_value` (one element as stored) as it stands in Zarr v2 metadata: a number, "NaN",
/// "Infinity", "-Infinity", a pair for complex numbers, text for unicode, base64 for other bytes;
/// null for none.
Json fill_to_json(const DataType& type, const std::optional<Bytes>& fill_value);

/// The reverse. Takes what zarr-python 2 takes: 0 for any type, base64 that is too short. Throws
/// Error(corrupt_data) for a value that is none of `type`.
std::optional<Bytes> fill_from_json(const DataType& type, const Json& json);

}  // namespace engram::zarr
