// From what a user asks for to metadata.

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "engram/base/error.hpp"
#include "engram/zarr/metadata.hpp"
#include "zarr/documents.hpp"
#include "zarr/fill_v2.hpp"

namespace engram::zarr {
namespace {

constexpr std::uint64_t kChunkBytes = 1U << 20U;
// What an object takes in a chunk, for want of better.
constexpr std::uint64_t kGuessedObjectSize = 64;

// The longest side is halved until a chunk is small enough: chunks become cubes.
Shape choose_chunks(const Shape& shape, std::uint64_t element_size) {
  Shape chunks = shape;
  for (std::uint64_t& length : chunks) length = std::max<std::uint64_t>(length, 1);
  const auto is_too_large = [&] {
    std::uint64_t left = kChunkBytes / element_size;
    for (const std::uint64_t length : chunks) left /= length;
    return left == 0;
  };
  while (is_too_large()) {
    const auto longest = std::max_element(chunks.begin(), chunks.end());
    if (longest == chunks.end() || *longest == 1) break;
    *longest = *longest / 2 + *longest % 2;
  }
  return chunks;
}

Json default_fill(const CodecConfig& object_codec) {
  const std::string& name = object_codec.name;
  return name == "vlen-utf8" || name == "categorize" ? Json("") : Json();
}

ArrayMetadata finish_v3(const ArrayOptions& options, ArrayMetadata metadata, const Limits& limits) {
  metadata.zarr_format = 3;
  metadata.has_compressor = false;
  metadata.keys_begin_with_c = true;
  metadata.dimension_names = options.dimension_names;
  if (!options.shard_shape.empty()) metadata.shards.emplace_back().shape = options.shard_shape;
  if (metadata.is_object) {
    const std::string& codec = metadata.codecs.front().name;
    if (codec != "vlen-utf8" && codec != "vlen-bytes")
      throw Error(
          ErrorCode::unsupported,
          fmt::format("Zarr v3 has no objects of the codec {}: text is vlen-utf8, bytes are "
                      "vlen-bytes",
                      codec));
    metadata.object_dtype = codec == "vlen-utf8" ? "string" : "variable_length_bytes";
    if (metadata.object_fill.is_null()) metadata.object_fill = "";
  }
  return parse_zarr_json(to_zarr_json(metadata, Json::object()), limits);
}

}  // namespace

ArrayMetadata make_metadata(const ArrayOptions& options, const Limits& limits) try {
  check_format(options.zarr_format);
  ArrayMetadata metadata;
  metadata.type = options.type;
  metadata.shape = options.shape;
  metadata.is_object = options.object_codec.has_value();
  const std::uint64_t size = metadata.is_object ? kGuessedObjectSize : options.type.size;
  if (size == 0)
    throw Error(ErrorCode::invalid_argument, "\"type\" is of 0 bytes, not of at least one");
  const bool is_chosen = options.chunk_shape.empty();
  metadata.chunk_shape = is_chosen ? choose_chunks(options.shape, size) : options.chunk_shape;
  if (metadata.is_object) {
    metadata.codecs.push_back(*options.object_codec);
    metadata.object_fill = options.fill_value.value_or(default_fill(*options.object_codec));
  } else if (options.fill_value) {
    metadata.fill_value = fill_from_json(options.type, *options.fill_value);
  } else {
    metadata.fill_value = Bytes(static_cast<std::size_t>(size));
  }
  metadata.codecs.insert(metadata.codecs.end(), options.filters.begin(), options.filters.end());
  metadata.has_compressor = options.compressor.has_value();
  if (options.compressor) metadata.codecs.push_back(*options.compressor);
  metadata.order = options.order;
  metadata.separator = options.separator;
  if (options.zarr_format == 3) return finish_v3(options, std::move(metadata), limits);
  if (!options.shard_shape.empty() || !options.dimension_names.empty())
    throw Error(ErrorCode::invalid_argument,
                "shards and names of dimensions are of Zarr v3, not of v2");
  return parse_zarray(to_zarray_json(metadata), limits);
} catch (const Error& error) {
  // What is corrupt in a file is a mistake of the caller here.
  if (error.code() != ErrorCode::corrupt_data) throw;
  throw Error(ErrorCode::invalid_argument, error.what());
}

}  // namespace engram::zarr
