#pragma once

#include <span>
#include <string_view>

#include "engram/base/json.hpp"
#include "engram/base/limits.hpp"
#include "engram/zarr/metadata.hpp"

namespace engram::zarr {

// What the documents of arrays have in common, whatever the version.

/// The member `name` of the object `json`. Throws Error(corrupt_data) where it is missing.
const Json& required_member(const Json& json, std::string_view name);

/// `json` as a list of lengths. Throws Error(corrupt_data) naming `member`, Error(limit_exceeded).
Shape lengths_from_json(const Json& json, std::string_view member, const Limits& limits);

/// Throws Error(corrupt_data) unless the chunk shape, which `found` says, fits the array's.
void check_chunk_shape(const ArrayMetadata& metadata, const Json& found, std::string_view member);

/// Of a type whose size is checked. Still a few letters can stand for gigabytes, in each of many
/// arrays: a large element is taken where its fill value is as long, and zeros without making them.
/// False: it is such zeros. Throws Error(limit_exceeded).
bool check_fill_size(const DataType& type, const Json& fill);

/// Throws Error(limit_exceeded) for a chunk, or an array, that is too large.
void check_sizes(const ArrayMetadata& metadata, const Limits& limits);

/// Throws Error(unsupported) for a member of the v3 document `json` that is none of `known`, unless
/// it says that it need not be understood.
void check_members_v3(const Json& json, std::span<const std::string_view> known);

/// The document was within the limits when it was read; they are not known any more.
Limits no_limits();

/// Whether they are written alike: tells 1 from 1.0, and {"a": 1, "b": 2} from {"b": 2, "a": 1},
/// which == does not; NaN is NaN.
bool are_same(const Json& a, const Json& b);

/// `document`, of which we would have written `then`, for what we would write as `now`: a member
/// whose meaning is what it was stays as it is spelled.
Json keep_spelling(const Json& document, const Json& then, const Json& now);

}  // namespace engram::zarr
