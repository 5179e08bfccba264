#include "codec/deflate_fault.hpp"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <array>

namespace engram::codec {
namespace {

constexpr int kZlibOrGzip = 15 + 32;  // The largest window; the head tells which of the two.

}  // namespace

std::string deflate_fault(BytesView in, std::uint64_t limit) {
  std::array<std::byte, 32768> scratch{};
  std::array<std::byte, 4096> piece{};
  z_stream stream{};
  if (inflateInit2(&stream, kZlibOrGzip) != Z_OK) return "zlib can't start";
  std::uint64_t decoded = 0;
  int status = Z_OK;
  while (status == Z_OK && decoded <= limit) {
    if (stream.avail_in == 0) {
      // zlib takes no const bytes, and counts in 32 bits.
      const auto size = std::min(in.size(), piece.size());
      if (size == 0) break;
      std::copy_n(in.begin(), size, piece.begin());
      in = in.subspan(size);
      stream.next_in = reinterpret_cast<Bytef*>(piece.data());
      stream.avail_in = static_cast<uInt>(size);
    }
    stream.next_out = reinterpret_cast<Bytef*>(scratch.data());
    stream.avail_out = static_cast<uInt>(scratch.size());
    status = inflate(&stream, Z_NO_FLUSH);
    decoded += scratch.size() - stream.avail_out;
  }
  const std::string why = status == Z_NEED_DICT    ? "a preset dictionary is asked for"
                          : stream.msg != nullptr  ? stream.msg
                          : status == Z_STREAM_END ? "what follows the stream is no stream"
                                                   : "it ends";
  inflateEnd(&stream);
  return fmt::format("{} after {} decoded bytes", why, decoded);
}

}  // namespace engram::codec
