#pragma once

#include <cstdint>
#include <string>

#include "engram/base/bytes.hpp"

namespace engram::codec {

/// Why zlib can't inflate the zlib or gzip stream `in`, and after how many decoded bytes:
/// "incorrect data check after 4096 bytes", "it ends after 96 bytes". Decodes at most `limit`
/// bytes, into a small buffer. libdeflate, which decodes faster, tells only that something is
/// wrong.
std::string deflate_fault(BytesView in, std::uint64_t limit);

}  // namespace engram::codec
