#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "engram/base/bytes.hpp"
#include "engram/base/json.hpp"

namespace engram::codec {

// Object codecs turn a chunk of objects ("|O") into bytes, before compressors. These are the
// payloads of numcodecs: vlen-utf8, vlen-bytes and vlen-array are one format (the items of
// vlen-array are the bytes of whole elements, little-endian).

/// u32 LE count, then per item u32 LE size and its bytes. Throws Error(limit_exceeded) when that is
/// beyond 4 GiB.
Bytes encode_vlen(const std::vector<std::string_view>& items);

/// Reads what encode_vlen wrote: views into `bytes`. Throws Error(corrupt_data) unless there are
/// exactly `expected_count` items and nothing after them.
std::vector<std::string_view> decode_vlen(BytesView bytes, std::uint64_t expected_count);

/// numcodecs' json2: one JSON array of the elements, the text "|O", and the chunk's shape.
/// `elements` is a flat array in C order; it is nested by `shape` here.
Bytes encode_json2(const Json& elements, const std::vector<std::uint64_t>& shape);

/// The elements as a flat JSON array in C order. Throws Error(corrupt_data).
Json decode_json2(BytesView bytes, const std::vector<std::uint64_t>& expected_shape);

}  // namespace engram::codec
