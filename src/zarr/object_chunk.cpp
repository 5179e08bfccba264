#include "zarr/object_chunk.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "engram/base/error.hpp"
#include "engram/codec/codec.hpp"
#include "engram/codec/object_codec.hpp"
#include "zarr/number.hpp"

namespace engram::zarr {
namespace {

constexpr std::uint64_t kFirstGuess = 64U << 10U;
// The most that streams can grow: lz4 copies 255 bytes for one, deflate 258 for 2 bits; a zstd
// block of 128 KiB takes 4 bytes; a bzip2 block, which stands for 46 MB of one letter, takes 32.
constexpr std::uint64_t kLz4Ratio = 256;
constexpr std::uint64_t kDeflateRatio = 1032;
constexpr std::uint64_t kZstdRatio = 32768;
constexpr std::uint64_t kBzip2Block = 46'000'000;
constexpr std::uint64_t kBzip2BlockStored = 32;

std::uint64_t u32_at(BytesView bytes, std::size_t offset) {
  return bytes.size() < offset + 4 ? 0 : get_unsigned(bytes.subspan(offset, 4));
}

// Nothing in the metadata says how long the payload of objects is, so the compressor's own head
// gives the size where it has one (the codec still checks it); else it is found by doubling, up to
// what a stream of that size can hold at all.
struct SizeGuess {
  std::uint64_t first = kFirstGuess;
  std::uint64_t last = 0;
};

SizeGuess said_size(std::uint64_t said, std::uint64_t most) {
  if (said > most)
    throw Error(ErrorCode::corrupt_data,
                fmt::format("a stream says that it holds {} bytes, but can't hold more than {}",
                            said, most));
  return {said, said};
}

SizeGuess guess_size(const std::string& codec, BytesView encoded) {
  const std::uint64_t size = encoded.size();
  if (codec == "blosc") return said_size(u32_at(encoded, 4), size * kZstdRatio);
  if (codec == "lz4") return said_size(u32_at(encoded, 0), size * kLz4Ratio);
  const std::uint64_t first = std::max(kFirstGuess, 4 * size);
  if (codec == "zlib" || codec == "gzip") return {first, size * kDeflateRatio + first};
  if (codec == "zstd") return {first, size * kZstdRatio + first};
  if (codec == "bz2") return {first, (size / kBzip2BlockStored + 1) * kBzip2Block};
  return {size, size};
}

Bytes decode_one(const CodecConfig& config, BytesView encoded, const Limits& limits) {
  const codec::BytesCodecPtr codec = codec::make_codec(config);
  const auto guess = guess_size(config.name, encoded);
  const std::uint64_t last = std::min(guess.last, limits.max_chunk_bytes);
  if (guess.first > limits.max_chunk_bytes)
    throw Error(ErrorCode::limit_exceeded, fmt::format("a chunk of objects has {} bytes, above {}",
                                                       guess.first, limits.max_chunk_bytes));
  for (std::uint64_t size = std::min(guess.first, last);; size = std::min(4 * size, last)) {
    Bytes decoded(static_cast<std::size_t>(size));
    try {
      decoded.resize(static_cast<std::size_t>(codec->decode(encoded, decoded)));
      return decoded;
    } catch (const Error& error) {
      if (error.code() != ErrorCode::corrupt_data || size >= last) throw;
    }
  }
}

Json number_from_bytes(const DataType& type, BytesView element) {
  const std::size_t half = element.size() / 2;
  switch (type.kind) {
    case Kind::boolean:
      return element.front() != std::byte{0};
    case Kind::integer:
      return get_integer(element);
    case Kind::unsigned_integer:
      return get_unsigned(element);
    case Kind::floating:
      return get_floating(element);
    default:
      return Json::array({get_floating(element.first(half)), get_floating(element.last(half))});
  }
}

DataType item_type(const CodecConfig& codec) {
  const auto dtype = codec.configuration.find("dtype");
  if (dtype == codec.configuration.end() || !dtype->is_string())
    throw Error(ErrorCode::corrupt_data, "codec \"vlen-array\" names no \"dtype\"");
  DataType type = parse_typestr(dtype->get_ref<const std::string&>());
  if (type.kind > Kind::complex)
    throw Error(ErrorCode::unsupported,
                "vlen-array of " + typestr(type) + ": engram reads arrays of numbers");
  return type;
}

Json numbers_from_bytes(const DataType& type, std::string_view item) {
  if (item.size() % type.size != 0)
    throw Error(ErrorCode::corrupt_data, fmt::format("an array of {} bytes can't hold elements of "
                                                     "{} ({} bytes each)",
                                                     item.size(), typestr(type), type.size));
  Bytes elements = to_bytes(item);
  make_little_endian(type, elements);
  Json list = Json::array();
  const auto size = static_cast<std::size_t>(type.size);
  for (std::size_t at = 0; at < elements.size(); at += size)
    list.push_back(number_from_bytes(type, BytesView(elements).subspan(at, size)));
  return list;
}

}  // namespace

void check_object_codec(const ArrayMetadata& metadata) {
  if (metadata.codecs.size() < (metadata.has_compressor ? 2U : 1U))
    throw Error(ErrorCode::corrupt_data,
                "an array of objects has no codec for them: \"filters\" is empty");
  const std::string& name = metadata.codecs.front().name;
  if (name == "pickle")
    throw Error(ErrorCode::unsupported,
                "objects are stored with Python's pickle, which can run any code when it is read: "
                "engram does not read it; write the store again with codec json2");
  if (name != "vlen-utf8" && name != "vlen-bytes" && name != "vlen-array" && name != "json2")
    throw Error(ErrorCode::unsupported,
                fmt::format("objects are stored with codec \"{}\"; engram reads vlen-utf8, "
                            "vlen-bytes, vlen-array and json2",
                            name));
  if (metadata.object_dtype.is_array())
    throw Error(ErrorCode::unsupported,
                fmt::format("a structured type with object fields under codec \"{}\" can't be "
                            "decoded",
                            name));
}

std::vector<Json> decode_objects(const ArrayMetadata& metadata, BytesView stored,
                                 const Limits& limits) {
  check_object_codec(metadata);
  Bytes payload(stored.begin(), stored.end());
  for (std::size_t i = metadata.codecs.size(); i-- > 1;)
    payload = decode_one(metadata.codecs[i], payload, limits);

  const CodecConfig& codec = metadata.codecs.front();
  const std::uint64_t count = element_count(metadata.chunk_shape);
  std::vector<Json> objects;
  if (codec.name == "json2") {
    Json list = codec::decode_json2(payload, metadata.chunk_shape);
    objects.reserve(list.size());
    for (Json& item : list) objects.push_back(std::move(item));
    return objects;
  }
  const auto items = codec::decode_vlen(payload, count);
  objects.reserve(items.size());
  if (codec.name == "vlen-array") {
    const DataType type = item_type(codec);
    for (const std::string_view item : items) objects.push_back(numbers_from_bytes(type, item));
  } else {
    for (const std::string_view item : items) objects.emplace_back(std::string(item));
  }
  return objects;
}

}  // namespace engram::zarr
