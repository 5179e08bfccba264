#include "zarr/object_chunk.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <string>

#include "array/number.hpp"
#include "engram/base/error.hpp"
#include "engram/codec/codec.hpp"
#include "engram/codec/object_codec.hpp"

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

// Nothing bounds the payload of objects but this: a small chunk must not make a large one. Real
// ones stay far below.
constexpr std::uint64_t kPayloadBase = std::uint64_t{64} << 20U;
constexpr std::uint64_t kPayloadRatio = 32;
constexpr std::uint64_t kPayloadObject = 4096;

std::uint64_t u32_at(BytesView bytes, std::size_t offset) {
  return bytes.size() < offset + 4 ? 0 : get_unsigned(bytes.subspan(offset, 4));
}

// Nothing in the metadata says how long the payload of objects is, so the compressor's own head
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
  return {size * kFilterRatio, size * kFilterRatio};
}

Bytes decode_one(const CodecConfig& config, BytesView encoded, std::uint64_t most) {
  const codec::BytesCodecPtr codec = codec::make_codec(config);
  const auto guess = guess_size(config.name, encoded);
  const std::uint64_t last = std::min(guess.last, most);
  if (guess.is_said && guess.first > last)
    throw Error(ErrorCode::limit_exceeded,
                fmt::format("a chunk of objects has {} bytes, above {}", guess.first, most));
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
                    fmt::format("a chunk of objects decodes to more than {} bytes, out of "
                                "proportion to the {} that are stored, or it is damaged ({})",
                                last, encoded.size(), error.what()));
      throw;
    }
  }
}

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

std::vector<Json> decode_objects(const ArrayMetadata& metadata, BytesView stored,
                                 const Limits& limits) {
  check_object_codec(metadata);
  const std::uint64_t most =
      most_payload(stored.size(), element_count(metadata.chunk_shape), limits);
  Bytes payload(stored.begin(), stored.end());
  for (std::size_t i = metadata.codecs.size(); i-- > 1;)
    payload = decode_one(metadata.codecs[i], payload, most);
  return codec::decode_objects(metadata.codecs.front(), payload, metadata.chunk_shape, limits);
}

}  // namespace engram::zarr
