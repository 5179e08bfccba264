#pragma once

#include <vector>

#include "engram/base/bytes.hpp"
#include "engram/base/json.hpp"
#include "engram/base/limits.hpp"
#include "engram/zarr/metadata.hpp"

namespace engram::zarr {

/// The objects of a chunk of an object array, from its bytes as stored, in the order in which the
/// chunk holds them. Throws Error(unsupported) naming the object codec when it is none that engram
/// reads (pickle is never read), Error(corrupt_data), Error(limit_exceeded).
std::vector<Json> decode_objects(const ArrayMetadata& metadata, BytesView stored,
                                 const Limits& limits);

/// Throws Error(unsupported) unless engram reads the object codec of `metadata`.
void check_object_codec(const ArrayMetadata& metadata);

}  // namespace engram::zarr
