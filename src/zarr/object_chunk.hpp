#pragma once

#include <vector>

#include "engram/base/bytes.hpp"
#include "engram/base/json.hpp"
#include "engram/base/limits.hpp"
#include "engram/zarr/metadata.hpp"

namespace engram::zarr {

/// The objects of a chunk of an object array, from its bytes as stored, in the order in which the
/// chunk holds them: see codec/object_codec.hpp. Throws Error(unsupported) naming what engram does
/// not read, Error(corrupt_data), Error(limit_exceeded) also for a payload out of proportion to
/// `stored`.
std::vector<Json> decode_objects(const ArrayMetadata& metadata, BytesView stored,
                                 const Limits& limits);

/// What the object codec of such a chunk gave to the codecs behind it. Throws
/// Error(limit_exceeded) for what is out of proportion to `stored`, and as they do.
Bytes decode_payload(const ArrayMetadata& metadata, BytesView stored, const Limits& limits);

/// Throws Error(unsupported) unless engram reads the object codec of `metadata`.
void check_object_codec(const ArrayMetadata& metadata);

}  // namespace engram::zarr
