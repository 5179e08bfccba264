#pragma once

#include "engram/base/bytes.hpp"
#include "engram/base/json.hpp"
#include "engram/zarr/metadata.hpp"

namespace engram::zarr {

/// The little-endian element that stands where nothing was written; zeros where the fill value is
/// null.
Bytes fill_element(const ArrayMetadata& metadata);

/// True when all `elements`, of which there is one at least, are `element`, bit for bit.
bool all_are(BytesView elements, BytesView element);

/// The object that stands there in a chunk of objects. As in numcodecs, null and 0 are empty values
/// for the vlen codecs.
Json object_padding(const ArrayMetadata& metadata);

}  // namespace engram::zarr
