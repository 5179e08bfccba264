#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engram/array/array_source.hpp"
#include "engram/base/json.hpp"
#include "engram/base/limits.hpp"

namespace engram::zarr {

/// One level of Zarr v3's codec `sharding_indexed`: each chunk of the level above, or of the array,
/// is a shard that holds the chunks of the level below.
struct ShardLevel {
  Shape shape;  ///< Of a shard: along each dimension a whole number of the chunks below.
  bool index_at_start = false;     ///< The index stands before the chunks, not behind them.
  bool index_has_checksum = true;  ///< A CRC-32C stands behind the index.
  ByteOrder index_order = ByteOrder::little;
  std::vector<CodecConfig> codecs;  ///< What is done to a shard as a whole; usually nothing.
  Order order;                      ///< In which the chunks of a shard are counted.

  friend bool operator==(const ShardLevel&, const ShardLevel&) = default;
};

/// The metadata of an array, whatever the Zarr version; what metadata_v2.cpp reads and writes as
/// `.zarray`, and metadata_v3.cpp as `zarr.json`.
struct ArrayMetadata {
  int zarr_format = 2;  ///< 2 or 3.
  /// How elements lie in a decoded chunk.
  DataType type;  ///< Means nothing when is_object.
  bool is_object =
      false;          ///< dtype "|O": elements are made by the object codec that leads `codecs`.
  Shape shape;        ///< Rank 0 to Limits::max_rank.
  Shape chunk_shape;  ///< Same rank, no zero. With shards: of the chunks that are encoded.
  std::optional<Bytes>
      fill_value;  ///< One element of `type`; none: null. For objects see object_fill.
  /// "|O", or a list of fields with "|O" in it (as hdmf-zarr's pickled compounds have).
  Json object_dtype = "|O";
  Json object_fill = 0;  ///< The fill value of an object array as it stands in the metadata.
  /// In which the elements lie in a decoded chunk, objects too: whatever their codec, zarr-python
  /// flattens what it gives and takes order "F" for it, also where the payload (json2, msgpack2) is
  /// nested by the chunk's shape. v2 has C's order and Fortran's, v3 any (`transpose`).
  Order order;
  char separator = '.';            ///< Between the numbers of a chunk key: '.' or '/'.
  bool keys_begin_with_c = false;  ///< v3's "default" keys: "c/0/1", not "0/1".
  /// First applied first: v2's filters, then its compressor.
  std::vector<CodecConfig> codecs;
  /// How many of `codecs`, at the end, are v2's compressor: 0 or 1. Meaningful only for v2's two
  /// members.
  bool has_compressor = false;
  std::vector<ShardLevel> shards;  ///< v3 only; the outermost first. Empty: none.
  /// v3 only: the names of the dimensions, null where one has none. Empty: nothing is said of them.
  std::vector<std::optional<std::string>> dimension_names;
  /// v3 only: members that others have added and that need not be understood, by name; each an
  /// object with "must_understand": false.
  Json extensions = Json::object();
  /// The document that this was read from, where it says something that the members above do not:
  /// members that engram does not know, another spelling, another order. Null where not. What is
  /// written keeps of it all that was not changed.
  Json document;
};

/// What an array to be created is to be, in a user's words; all but type and shape may be left out.
struct ArrayOptions {
  int zarr_format = 2;  ///< 2 or 3.
  DataType type;
  /// Not empty: objects, by the name of their codec ("vlen-utf8", "json2", ...) or its whole
  /// configuration; `type` then means nothing.
  std::optional<CodecConfig> object_codec;
  Shape shape;
  Shape chunk_shape;  ///< Empty: chosen, chunks of about 1 MiB with the array's proportions.
  /// As it stands in `.zarray`: a number, "NaN", base64 for bytes, text, null. None: zero of the
  /// type ("" for text objects, null for other objects).
  std::optional<Json> fill_value;
  std::vector<CodecConfig> filters;  ///< First applied first; after the object codec.
  std::optional<CodecConfig> compressor =
      CodecConfig{"blosc", {{"cname", "lz4"}, {"clevel", 5}, {"shuffle", 1}, {"blocksize", 0}}};
  Order order;           ///< Of the elements in a chunk; v2 has C's and Fortran's.
  char separator = '.';  ///< '.' or '/'; in v3 keys are "c.0.1" or "c/0/1".
  /// v3 only: chunks lie together in shards of this shape, along each dimension a whole number of
  /// chunks. Empty: each chunk by itself.
  Shape shard_shape;
  /// v3 only: see ArrayMetadata::dimension_names.
  std::vector<std::optional<std::string>> dimension_names;
  Json attributes = Json::object();
  bool write_empty_chunks = true;  ///< See Array::set_write_empty_chunks().
};

/// Throws Error(invalid_argument) naming the member, Error(unsupported), Error(limit_exceeded).
ArrayMetadata make_metadata(const ArrayOptions& options, const Limits& limits = {});

/// `.zarray` as text, as zarr-python writes it; see ArrayMetadata::document.
std::string to_zarray(const ArrayMetadata& metadata);

/// The same as JSON, for consolidated metadata.
Json to_zarray_json(const ArrayMetadata& metadata);

/// What `.zarray` (see parse_json) says. Throws Error(corrupt_data) that names the member, what was
/// found and what was expected, Error(unsupported) for a data type that engram does not know,
/// Error(limit_exceeded).
ArrayMetadata parse_zarray(const Json& json, const Limits& limits = {});

/// `zarr.json` of an array as zarr-python 3 writes it, with its attributes; see
/// ArrayMetadata::document. Throws Error(unsupported) for what v3 has no name for.
Json to_zarr_json(const ArrayMetadata& metadata, const Json& attributes);

/// What the `zarr.json` of an array says, but for its attributes. Codecs have the names and
/// configurations of Zarr v2, whatever v3 calls them. Throws Error(corrupt_data) that names the
/// member, what was found and what was expected; Error(unsupported) for a data type, a codec, a
/// grid, or an extension that must be understood, which engram does not know;
/// Error(limit_exceeded).
ArrayMetadata parse_zarr_json(const Json& json, const Limits& limits = {});

/// The key of the chunk at `place`, or with shards of the shard, below its array: "0.3", "0/3",
/// "c/0/3"; "0" and "c" for rank 0.
std::string chunk_key(const ArrayMetadata& metadata, const Shape& place);

}  // namespace engram::zarr
