#pragma once

#include <span>
#include <vector>

#include "engram/base/json.hpp"
#include "engram/hdmf/object_source.hpp"
#include "engram/hdmf/value.hpp"
#include "engram/zarr/metadata.hpp"

namespace engram::backend {

/// `values` of `type` as an array with `metadata` holds them. Throws Error(invalid_argument) with
/// the number of a value that is none of the type.
std::vector<Json> objects_of(std::span<const hdmf::Value> values, const hdmf::ObjectType& type,
                             const zarr::ArrayMetadata& metadata);

/// The type of the objects in an array of them, by its attributes and codec.
hdmf::ObjectType object_type_of(const zarr::ArrayMetadata& metadata, const Json& attributes);

}  // namespace engram::backend
