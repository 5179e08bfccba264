#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "engram/array/array_source.hpp"
#include "engram/base/bytes.hpp"

namespace engram::zarr {

/// `stored` before all `codecs`, where nothing says how long that is. `what` it is stands in
/// messages. Throws Error(corrupt_data), Error(limit_exceeded) beyond `most` bytes.
Bytes decode_unsized(std::span<const CodecConfig> codecs, BytesView stored, std::uint64_t most,
                     std::string_view what);

}  // namespace engram::zarr
