#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "engram/array/array_source.hpp"
#include "engram/base/bytes.hpp"
#include "engram/base/json.hpp"
#include "engram/base/limits.hpp"

namespace engram::codec {

// Object codecs turn a chunk of Python objects ("|O") into a payload of bytes, before filters and
// compressors: numcodecs' vlen-utf8, vlen-bytes, vlen-array, json2, msgpack2, categorize and
// pickle. engram holds an object as JSON:
//
//   text                         a string. What is no UTF-8 stays as it is (see parse_json).
//   bytes                        nlohmann's binary: all of vlen-bytes, pickled bytes, msgpack's bin
//   integers, floats             numbers; integers beyond 64 bits become doubles
//   None, bool                   null, true, false
//   lists, tuples, records       arrays
//   dictionaries                 objects, members in their order
//   NumPy arrays                 nested arrays of their elements
//   NumPy's complex numbers      [real, imaginary]
//   NumPy's datetime, timedelta  their counts, integers; NaT is the least of 64 bits
//   hdmf-zarr's ZarrReference    an object

/// True when `name` is one of the codecs above.
bool is_object_codec(std::string_view name) noexcept;

/// The objects of `payload`, as many as `chunk_shape` has, in the order in which the chunk holds
/// them. json2, msgpack2 and pickle state a shape, which must be the chunk's (pickle: of as many
/// elements).
///
/// Pickle is read as inert data: a small machine builds the values above and nothing else; nothing
/// is imported or run. Whatever else a pickle names is refused by its name.
///
/// Throws Error(corrupt_data); Error(unsupported) for another codec, option or Python class;
/// Error(invalid_argument) for a bad configuration; Error(limit_exceeded) when the objects would
/// take more than `limits` allow: JSON's depth, or a size out of proportion to the payload.
std::vector<Json> decode_objects(const CodecConfig& config, BytesView payload,
                                 const std::vector<std::uint64_t>& chunk_shape,
                                 const Limits& limits = {});

/// The payload of `objects`, in the order in which the chunk holds them, as many as `chunk_shape`
/// has. Throws Error(invalid_argument) naming the object that the codec can't hold,
/// Error(unsupported) for pickle, which engram never writes, Error(limit_exceeded) above 4 GiB.
Bytes encode_objects(const CodecConfig& config, std::span<const Json> objects,
                     const std::vector<std::uint64_t>& chunk_shape);

/// The format of vlen-utf8, vlen-bytes and vlen-array (whose items are the bytes of whole
/// elements): u32 LE count, then per item u32 LE size and its bytes. Throws Error(limit_exceeded)
/// when that is beyond 4 GiB.
Bytes encode_vlen(const std::vector<std::string_view>& items);

/// Reads what encode_vlen wrote: views into `bytes`. Throws Error(corrupt_data) unless there are
/// exactly `expected_count` items and nothing after them.
std::vector<std::string_view> decode_vlen(BytesView bytes, std::uint64_t expected_count);

/// json2 with its usual configuration: one JSON array of the elements, the text "|O", and the
/// chunk's shape. `elements` is a flat array in C order; it is nested by `shape` here.
Bytes encode_json2(const Json& elements, const std::vector<std::uint64_t>& shape);

/// The elements as a flat JSON array in C order. Throws Error(corrupt_data).
Json decode_json2(BytesView bytes, const std::vector<std::uint64_t>& expected_shape);

}  // namespace engram::codec
