#include "zarr/decode_unsized.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <string>

#include "array/number.hpp"
#include "engram/base/error.hpp"
#include "engram/codec/codec.hpp"
#include "engram/codec/registry.hpp"

namespace engram::zarr {
namespace {

constexpr std::uint64_t kFirstGuess = 64U << 10U;
// The most that streams can grow: lz4 copies 255 bytes for one, deflate 258 for 2 bits; a zstd
// block of 128 KiB takes 4 bytes; a bzip2 block, which stands for 46 MB of one letter, takes 32;
// lzma copies 273 bytes for some hundredths of a bit each of a dozen decisions. A filter makes one
// byte of at most 16, packbits 8 of one.
constexpr std::uint64_t kLz4Ratio = 256;
constexpr std::uint64_t kDeflateRatio = 1032;
constexpr std::uint64_t kZstdRatio = 32768;
constexpr std::uint64_t kLzmaRatio = 16384;
constexpr std::uint64_t kFilterRatio = 16;
constexpr std::uint64_t kBzip2Block = 46'000'000;
constexpr std::uint64_t kBzip2BlockStored = 32;

std::uint64_t u32_at(BytesView bytes, std::size_t offset) {
  return bytes.size() < offset + 4 ? 0 : get_unsigned(bytes.subspan(offset, 4));
}

// Nothing says how long the decoded value is, so the compressor's own head
// gives the size where it has one (the codec still checks it); else it is found by trying larger
// ones, up to what a stream of that size can hold at all.
struct SizeGuess {
  std::uint64_t first = kFirstGuess;
  std::uint64_t last = 0;
  bool is_said = false;  ///< By the stream itself.
};

SizeGuess said_size(std::uint64_t said, std::uint64_t most) {
  if (said > most)
    throw Error(ErrorCode::corrupt_data,
                fmt::format("a stream says that it holds {} bytes, but can't hold more than {}",
                            said, most));
  return {said, said, true};
}

SizeGuess guess_size(const std::string& codec, BytesView encoded) {
  const std::uint64_t size = encoded.size();
  if (codec == "blosc") return said_size(u32_at(encoded, 4), size * kZstdRatio);
  if (codec == "lz4") return said_size(u32_at(encoded, 0), size * kLz4Ratio);
  const std::uint64_t first = std::max(kFirstGuess, 4 * size);
  if (codec == "zlib" || codec == "gzip") return {first, size * kDeflateRatio + first};
  if (codec == "zstd") return {first, size * kZstdRatio + first};
  if (codec == "lzma") return {first, size * kLzmaRatio + first};
  if (codec == "bz2") return {first, (size / kBzip2BlockStored + 1) * kBzip2Block};
  if (codec::is_plugin_codec(codec)) return {first, size * kZstdRatio + first};
  return {size * kFilterRatio, size * kFilterRatio};
}

Bytes decode_one(const CodecConfig& config, BytesView encoded, std::uint64_t most,
                 std::string_view what) {
  const codec::BytesCodecPtr codec = codec::make_codec(config);
  const auto guess = guess_size(config.name, encoded);
  const std::uint64_t last = std::min(guess.last, most);
  if (guess.is_said && guess.first > last)
    throw Error(ErrorCode::limit_exceeded,
                fmt::format("{} has {} bytes, above {}", what, guess.first, most));
  for (std::uint64_t size = std::min(guess.first, last);; size = std::min(4 * size, last)) {
    // Memory that is not written costs nothing, so that it must not be filled with zeros.
    const auto room = std::make_unique_for_overwrite<std::byte[]>(static_cast<std::size_t>(size));
    try {
      const std::span<std::byte> out(room.get(), static_cast<std::size_t>(size));
      const BytesView decoded = out.first(static_cast<std::size_t>(codec->decode(encoded, out)));
      return {decoded.begin(), decoded.end()};
    } catch (const Error& error) {
      if (error.code() != ErrorCode::corrupt_data) throw;
      if (size < last) continue;
      if (last < guess.last)
        throw Error(ErrorCode::limit_exceeded,
                    fmt::format("{} decodes to more than {} bytes, out of proportion to the {} "
                                "that are stored, or it is damaged ({})",
                                what, last, encoded.size(), error.what()));
      throw;
    }
  }
}

}  // namespace

Bytes decode_unsized(std::span<const CodecConfig> codecs, BytesView stored, std::uint64_t most,
                     std::string_view what) {
  Bytes value(stored.begin(), stored.end());
  for (std::size_t i = codecs.size(); i-- > 0;) value = decode_one(codecs[i], value, most, what);
  return value;
}

}  // namespace engram::zarr
