#pragma once

#include <span>
#include <vector>

#include "engram/array/array_source.hpp"
#include "engram/base/bytes.hpp"
#include "engram/base/json.hpp"
#include "engram/base/limits.hpp"

namespace engram::codec {

// What object_codec.cpp chooses from, each in the file of its name. They throw as decode_objects()
// and encode_objects() do.

using ChunkShape = std::vector<std::uint64_t>;

std::vector<Json> decode_json2_objects(const CodecConfig& config, BytesView payload,
                                       const ChunkShape& shape, const Limits& limits);
Bytes encode_json2_objects(const CodecConfig& config, std::span<const Json> objects,
                           const ChunkShape& shape);

std::vector<Json> decode_msgpack2(const CodecConfig& config, BytesView payload,
                                  const ChunkShape& shape, const Limits& limits);
Bytes encode_msgpack2(const CodecConfig& config, std::span<const Json> objects,
                      const ChunkShape& shape);

std::vector<Json> decode_pickle(BytesView payload, const ChunkShape& shape, const Limits& limits);

/// Elements of a chunk; 1 for rank 0.
std::uint64_t object_count(const ChunkShape& shape);

/// `objects` as lists nested by `shape`; rank 0: a list of one.
Json nest_objects(std::span<const Json> objects, const ChunkShape& shape);

/// The other way. Throws Error(corrupt_data) naming `codec` and the dimension.
std::vector<Json> flatten_objects(Json list, const ChunkShape& shape, std::string_view codec);

/// Calls visit(value) for `value` and all that is in it.
template <typename Visit>
void visit_values(const Json& value, const Visit& visit) {
  visit(value);
  if (value.is_structured())
    for (const Json& each : value) visit_values(each, visit);
}

}  // namespace engram::codec
