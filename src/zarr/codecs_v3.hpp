#pragma once

#include "engram/base/json.hpp"
#include "engram/base/limits.hpp"
#include "engram/zarr/metadata.hpp"

namespace engram::zarr {

/// Sets of `out`, whose data type and chunk shape (that of the grid) are known, what v3's list of
/// codecs says: byte order, order of elements, shards, and the codecs by their names and
/// configurations in v2. Throws Error(corrupt_data), Error(unsupported) naming the codec,
/// Error(limit_exceeded).
void codecs_from_v3(const Json& codecs, ArrayMetadata& out, const Limits& limits);

/// The reverse.
Json codecs_to_v3(const ArrayMetadata& metadata);

}  // namespace engram::zarr
