#pragma once

#include "engram/array/data_type.hpp"
#include "engram/base/json.hpp"

namespace engram::zarr {

/// `type` as Zarr v2's "dtype": a type string, or a list of fields.
Json dtype_to_json(const DataType& type);

/// True when `dtype` is "|O", or a list of fields of which one is, at any depth.
bool holds_objects(const Json& dtype);

/// The type that `dtype` describes, fields packed. Throws Error(corrupt_data) when it is neither a
/// type string nor a list of fields, Error(unsupported) for a type that engram does not know.
DataType dtype_from_json(const Json& dtype);

}  // namespace engram::zarr
