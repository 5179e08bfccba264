#include "zarr/object_chunk.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <string>

#include "engram/base/error.hpp"
#include "engram/codec/object_codec.hpp"
#include "zarr/decode_unsized.hpp"

namespace engram::zarr {
namespace {

// Nothing bounds the payload of objects but this: a small chunk must not make a large one. Real
// ones stay far below.
constexpr std::uint64_t kPayloadBase = std::uint64_t{64} << 20U;
constexpr std::uint64_t kPayloadRatio = 32;
constexpr std::uint64_t kPayloadObject = 4096;

std::uint64_t most_payload(std::uint64_t stored, std::uint64_t objects, const Limits& limits) {
  const std::uint64_t allowed =
      std::max({kPayloadBase, stored * kPayloadRatio,
                checked_multiply(objects, kPayloadObject, "the size of a chunk of objects")});
  return std::min(allowed, limits.max_chunk_bytes);
}

}  // namespace

void check_object_codec(const ArrayMetadata& metadata) {
  if (metadata.codecs.size() < (metadata.has_compressor ? 2U : 1U))
    throw Error(ErrorCode::corrupt_data,
                "an array of objects has no codec for them: \"filters\" is empty");
  const std::string& name = metadata.codecs.front().name;
  if (!codec::is_object_codec(name)) codec::decode_objects(metadata.codecs.front(), {}, {});
  // The others' payloads have no place for a record.
  if (metadata.object_dtype.is_array() && name != "pickle")
    throw Error(ErrorCode::unsupported,
                fmt::format("a structured type with object fields under codec \"{}\" can't be "
                            "decoded",
                            name));
}

Bytes decode_payload(const ArrayMetadata& metadata, BytesView stored, const Limits& limits) {
  const std::uint64_t most =
      most_payload(stored.size(), element_count(metadata.chunk_shape), limits);
  return decode_unsized(std::span(metadata.codecs).subspan(1), stored, most, "a chunk of objects");
}

std::vector<Json> decode_objects(const ArrayMetadata& metadata, BytesView stored,
                                 const Limits& limits) {
  check_object_codec(metadata);
  return codec::decode_objects(metadata.codecs.front(), decode_payload(metadata, stored, limits),
                               metadata.chunk_shape, limits);
}

}  // namespace engram::zarr
