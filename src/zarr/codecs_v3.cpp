// Zarr v3's codecs. v2 has a list of filters and a compressor, which all turn bytes into bytes; v3
// tells three kinds apart: those of arrays (transpose, numcodecs.delta, ...), the one that makes
// bytes of an array (bytes, vlen-utf8, sharding_indexed, ...), and those of bytes. As v2 has them:
//
//   transpose                      ArrayMetadata::order, ShardLevel::order
//   bytes                          the byte order of the data type
//   vlen-utf8, vlen-bytes          the object codec that leads the filters
//   blosc, gzip, zstd, crc32c      the same, with v2's words for their configuration
//   numcodecs.NAME, zlib, bz2, ... NAME; those that the extensions of v3 have by these names
//   NAME of a plugin               the same
//   anscombe-v1, wavpack           the same, by the names that their packages gave them
//   sharding_indexed               ArrayMetadata::shards, and its inner codecs as all above

#include "zarr/codecs_v3.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "base/json_member.hpp"
#include "engram/base/error.hpp"
#include "engram/codec/codec.hpp"
#include "engram/codec/registry.hpp"
#include "zarr/dtype_v3.hpp"

namespace engram::zarr {
namespace {

constexpr std::string_view kCodecs = "codecs";
constexpr std::string_view kNumcodecs = "numcodecs.";
constexpr std::size_t kMostLevels = 8;
constexpr std::uint64_t kMostChunks = 1U << 22U;  // Of a shard: its index is held in memory.

constexpr std::array<std::string_view, 3> kShuffles = {"noshuffle", "shuffle", "bitshuffle"};

// Those of numcodecs that are given elements, not bytes.
bool takes_elements(std::string_view name) {
  constexpr std::array<std::string_view, 6> kNames = {"astype",           "bitround", "delta",
                                                      "fixedscaleoffset", "packbits", "quantize"};
  return std::find(kNames.begin(), kNames.end(), name) != kNames.end();
}

// What the extensions of v3 call as numcodecs does, which zarr-python calls numcodecs.NAME.
bool is_extension(std::string_view name) {
  constexpr std::array<std::string_view, 6> kNames = {"adler32", "bitround",   "bz2",
                                                      "zlib",    "fletcher32", "shuffle"};
  return std::find(kNames.begin(), kNames.end(), name) != kNames.end();
}

// NAME of numcodecs.NAME, of an extension and of a plugin; "" for others.
std::string_view name_in_v2(std::string_view name) {
  if (name.starts_with(kNumcodecs)) return name.substr(kNumcodecs.size());
  return is_extension(name) || codec::is_plugin_codec(name) ? name : std::string_view();
}

// Those that are given elements and are not numcodecs': its names don't hold for them.
bool is_of_a_package(std::string_view name) {
  return name == "anscombe-v1" || name == "poisson" || name == "wavpack" || name == "flac";
}

// Those that make bytes of an array.
bool makes_bytes(std::string_view name) { return name == "zfpy" || name == "wavpack"; }

[[noreturn]] void refuse_codec(const Json& json, std::string_view why) {
  throw Error(ErrorCode::unsupported, fmt::format("codec {}: {}", excerpt(json), why));
}

Json blosc_from_v3(const Json& configuration, const Json& json) {
  Json made = configuration;
  made.erase("typesize");
  const std::string shuffle = text_member(configuration, "shuffle");
  const auto found = std::find(kShuffles.begin(), kShuffles.end(), shuffle);
  if (found == kShuffles.end())
    bad_member(kCodecs, json, "a shuffle that is noshuffle, shuffle or bitshuffle");
  made["shuffle"] = found - kShuffles.begin();
  return made;
}

// zarr-python adds the array's type where a user left it out.
void add_dtype(Json& configuration, const DataType& type) {
  for (const char* member : {"dtype", "astype"})
    if (const auto found = configuration.find(member);
        found != configuration.end() && found->is_string())
      return;
  configuration["dtype"] = typestr(type);
}

CodecConfig numcodecs_from_v3(std::string_view name, Json configuration, const DataType& type) {
  configuration.erase("id");
  // Types by their names in v3 too.
  for (const char* member : {"dtype", "astype", "encode_dtype", "decode_dtype"})
    if (const auto found = configuration.find(member);
        found != configuration.end() && found->is_string())
      if (const auto plain = plain_type(found->get_ref<const std::string&>()))
        *found = typestr(*plain);
  if (name == "delta" || name == "fixedscaleoffset" || name == "quantize")
    add_dtype(configuration, type);
  return {std::string(name), std::move(configuration)};
}

CodecConfig bytes_codec_from_v3(const NamedConfiguration& named, const Json& json) {
  if (named.name == "blosc") return {"blosc", blosc_from_v3(named.configuration, json)};
  if (named.name == "gzip" || named.name == "zstd") return {named.name, named.configuration};
  if (named.name == "crc32c") return {"crc32c", Json::object()};
  const std::string_view own = name_in_v2(named.name);
  if (codec::is_known_codec(own) && !takes_elements(own) && !makes_bytes(own) &&
      !is_of_a_package(own))
    return numcodecs_from_v3(own, named.configuration, {});
  refuse_codec(json,
               "not known to engram, or not where it may stand; a plugin may have it "
               "(ENGRAM_PLUGIN_PATH, docs/plugins.md)");
}

// In v3 there never is a head before the codes, which photon_sensitivity may mean in v2.
CodecConfig anscombe_from_v3(Json configuration) {
  if (const auto found = configuration.find("photon_sensitivity");
      found != configuration.end() && !configuration.contains("conversion_gain")) {
    const Json gain = *found;
    configuration.erase(found);
    configuration["conversion_gain"] = gain;
  }
  return {"anscombe-v1", std::move(configuration)};
}

// Its package writes the members beside the name, where others have a configuration.
CodecConfig wavpack_from_v3(const NamedConfiguration& named, const Json& json) {
  if (!named.configuration.empty() || !json.is_object()) return {"wavpack", named.configuration};
  Json configuration = json;
  configuration.erase("name");
  configuration.erase("configuration");
  return {"wavpack", std::move(configuration)};
}

// Reads the codecs from the first to the last: those of elements, of the array, of bytes.
class CodecsReader {
 public:
  CodecsReader(ArrayMetadata& out, const Limits& limits) : out_(out), limits_(limits) {}

  void read(const Json& list) {
    if (!list.is_array() || list.empty()) bad_member(kCodecs, list, "a list of codecs");
    if (list.size() > limits_.max_rank)
      throw Error(ErrorCode::limit_exceeded, fmt::format("member \"{}\" has {} codecs, above {}",
                                                         kCodecs, list.size(), limits_.max_rank));
    for (const Json& json : list) read_one(json);
    if (!has_bytes_) bad_member(kCodecs, list, "a list with a codec that makes bytes of an array");
  }

 private:
  void read_one(const Json& json) {
    const NamedConfiguration named = named_configuration(json, kCodecs);
    if (has_bytes_) {
      std::vector<CodecConfig>& list = of_shard_ ? out_.shards[*of_shard_].codecs : out_.codecs;
      list.push_back(bytes_codec_from_v3(named, json));
      return;
    }
    if (named.name == "transpose") return transpose(named.configuration, json);
    if (read_elements(named)) return;
    has_bytes_ = true;
    if (named.name == "bytes") return bytes(named.configuration, json);
    if (named.name == "vlen-utf8" || named.name == "vlen-bytes") return objects(named, json);
    if (named.name == "sharding_indexed") return shards(named.configuration, json);
    if (named.name == "numcodecs.zfpy" && !out_.is_object) {
      out_.codecs.push_back(numcodecs_from_v3("zfpy", named.configuration, out_.type));
      return;
    }
    if (named.name == "wavpack" && !out_.is_object) {
      out_.codecs.push_back(wavpack_from_v3(named, json));
      return;
    }
    refuse_codec(json, "not known to engram as one that makes bytes of an array");
  }

  bool read_elements(const NamedConfiguration& named) {
    if (named.name == "anscombe-v1" && !out_.is_object) {
      out_.codecs.push_back(anscombe_from_v3(named.configuration));
      return true;
    }
    const std::string_view name = name_in_v2(named.name);
    if (!takes_elements(name) || out_.is_object) return false;
    out_.codecs.push_back(numcodecs_from_v3(name, named.configuration, out_.type));
    return true;
  }

  void transpose(const Json& configuration, const Json& json) {
    const std::size_t rank = out_.shape.size();
    const Json& order = member_or_null(configuration, "order");
    std::vector<std::uint64_t> axes;
    if (is_text(order, "C") || is_text(order, "F")) {  // Drafts of the standard had these.
      for (std::size_t d = 0; d < rank; ++d) axes.push_back(is_text(order, "C") ? d : rank - 1 - d);
    } else if (order.is_array()) {
      for (const Json& axis : order) axes.push_back(length_of(axis, kCodecs));
    }
    std::vector<std::uint64_t> sorted = axes;
    std::sort(sorted.begin(), sorted.end());
    bool is_permutation = axes.size() == rank;
    for (std::size_t d = 0; is_permutation && d < rank; ++d) is_permutation = sorted[d] == d;
    if (!is_permutation) bad_member(kCodecs, json, fmt::format("an order of {} dimensions", rank));
    Order turned = out_.order.then({axes.begin(), axes.end()});
    if (turned == out_.order) return;
    if (!out_.codecs.empty())
      refuse_codec(json, "engram reads it before what is done to elements, not behind");
    out_.order = std::move(turned);
  }

  void bytes(const Json& configuration, const Json& json) {
    if (out_.is_object) refuse_codec(json, "elements of no fixed size can't be stored by it");
    const Json& endian = member_or_null(configuration, "endian");
    const DataType big = with_order(out_.type, ByteOrder::big);
    if (endian.is_null()) {
      // zarr-python leaves it out for records, which it stores as little-endian. Of what codecs
      // make of elements it need not be known here.
      if (out_.codecs.empty() && !(big == out_.type) && out_.type.kind != Kind::structured)
        bad_member(kCodecs, json, "\"endian\" for numbers of several bytes");
      return;
    }
    if (endian != "little" && endian != "big")
      bad_member(kCodecs, json, "an endian that is little or big");
    if (endian == "little") return;
    if (!out_.codecs.empty())
      refuse_codec(json, "engram reads big-endian elements without filters alone");
    out_.type = big;
  }

  void objects(const NamedConfiguration& named, const Json& json) {
    const bool is_text = named.name == "vlen-utf8";
    if (!out_.is_object || is_text != (out_.object_dtype == "string"))
      refuse_codec(json,
                   fmt::format("it does not fit data type {}",
                               out_.is_object ? excerpt(out_.object_dtype) : typestr(out_.type)));
    out_.codecs.insert(out_.codecs.begin(), CodecConfig{named.name, Json::object()});
  }

  void shards(const Json& configuration, const Json& json) {
    if (!out_.codecs.empty())
      refuse_codec(json, "engram reads shards of elements to which nothing was done before");
    if (out_.shards.size() == kMostLevels)
      throw Error(ErrorCode::limit_exceeded,
                  fmt::format("member \"{}\" has shards deeper than {}", kCodecs, kMostLevels));
    ShardLevel level;
    level.shape = out_.chunk_shape;
    level.order = out_.order;
    const Json& inner = member_or_null(configuration, "chunk_shape");
    Shape chunk_shape(level.shape.size());
    bool fits = inner.is_array() && inner.size() == level.shape.size();
    std::uint64_t count = 1;
    for (std::size_t i = 0; fits && i < inner.size(); ++i) {
      const std::size_t d = level.order.axis(i);
      chunk_shape[d] = length_of(inner[i], "chunk_shape");
      fits = chunk_shape[d] > 0 && level.shape[d] % chunk_shape[d] == 0;
      if (fits)
        count = checked_multiply(count, level.shape[d] / chunk_shape[d], "chunks of a shard");
    }
    if (!fits)
      bad_member("chunk_shape", inner,
                 fmt::format("a part of the shard's {} along each dimension",
                             to_string(level.order.from_slowest(level.shape))));
    if (count > kMostChunks)
      throw Error(ErrorCode::limit_exceeded,
                  fmt::format("a shard of {} chunks, above {}", count, kMostChunks));
    read_index(configuration, json, level);
    out_.chunk_shape = std::move(chunk_shape);
    const std::size_t number = out_.shards.size();
    out_.shards.push_back(std::move(level));
    CodecsReader(out_, limits_).read(member_or_null(configuration, "codecs"));
    of_shard_ = number;
  }

  static void read_index(const Json& configuration, const Json& json, ShardLevel& level) {
    if (const Json& place = member_or_null(configuration, "index_location"); !place.is_null()) {
      if (place != "start" && place != "end")
        bad_member("index_location", place, "\"start\" or \"end\"");
      level.index_at_start = place == "start";
    }
    const Json& list = member_or_null(configuration, "index_codecs");
    if (!list.is_array() || list.empty() || list.size() > 2)
      refuse_codec(json, "engram reads shards whose index has the codecs bytes and crc32c");
    const NamedConfiguration first = named_configuration(list[0], "index_codecs");
    const Json& endian = member_or_null(first.configuration, "endian");
    if (first.name != "bytes" || (endian != "little" && endian != "big"))
      refuse_codec(json, "engram reads shards whose index has the codecs bytes and crc32c");
    level.index_order = endian == "big" ? ByteOrder::big : ByteOrder::little;
    level.index_has_checksum = list.size() == 2;
    if (list.size() == 2 && named_configuration(list[1], "index_codecs").name != "crc32c")
      refuse_codec(json, "engram reads shards whose index has the codecs bytes and crc32c");
  }

  ArrayMetadata& out_;
  const Limits& limits_;
  bool has_bytes_ = false;               // The codec that makes bytes of the array was there.
  std::optional<std::size_t> of_shard_;  // It was the one of this level of shards.
};

Json codec_json(std::string_view name, Json configuration) {
  return {{"name", name}, {"configuration", std::move(configuration)}};
}

Json endian_json(ByteOrder order) {
  return {{"endian", order == ByteOrder::big ? "big" : "little"}};
}

Json blosc_to_v3(const Json& configuration, std::uint64_t element_size) {
  const Json& shuffle = member_or_null(configuration, "shuffle");
  const std::int64_t number = shuffle.is_number_integer() ? shuffle.get<std::int64_t>() : -1;
  // -1: bits for single bytes, else bytes.
  const std::size_t chosen = number >= 0 && number < 3 ? static_cast<std::size_t>(number)
                             : element_size == 1       ? 2
                                                       : 1;
  return {{"typesize", element_size},
          {"cname", member_or_null(configuration, "cname")},
          {"clevel", member_or_null(configuration, "clevel")},
          {"shuffle", kShuffles[chosen]},
          {"blocksize", member_or_null(configuration, "blocksize")}};
}

Json bytes_codec_to_v3(const CodecConfig& codec, std::uint64_t element_size) {
  if (codec.name == "blosc")
    return codec_json("blosc", blosc_to_v3(codec.configuration, element_size));
  if (codec.name == "gzip") return codec_json("gzip", codec.configuration);
  if (codec.name == "zstd") {
    const Json& level = member_or_null(codec.configuration, "level");
    const Json& checksum = member_or_null(codec.configuration, "checksum");
    return codec_json("zstd", {{"level", level.is_null() ? Json(0) : level},
                               {"checksum", checksum.is_null() ? Json(false) : checksum}});
  }
  if (codec.name == "crc32c") return {{"name", "crc32c"}};
  if (codec::is_plugin_codec(codec.name)) return codec_json(codec.name, codec.configuration);
  if (codec.name == "anscombe-v1")
    return codec_json("anscombe-v1", anscombe_from_v3(codec.configuration).configuration);
  if (codec.name == "wavpack") {
    Json json = {{"name", "wavpack"}};
    for (const auto& [member, value] : codec.configuration.items()) json[member] = value;
    return json;
  }
  if (is_of_a_package(codec.name))
    throw Error(
        ErrorCode::unsupported,
        fmt::format("Zarr v3 has no name for the codec {}: use another, or Zarr v2", codec.name));
  return codec_json(std::string(kNumcodecs) + codec.name, codec.configuration);
}

Json bytes_to_v3(const DataType& type) {
  const DataType little = type.little_endian(), big = with_order(type, ByteOrder::big);
  if (little == big) return {{"name", "bytes"}};
  if (!(type == little) && !(type == big))
    throw Error(ErrorCode::unsupported,
                "Zarr v3 has one byte order for all fields of a record, here there are two");
  return codec_json("bytes", endian_json(type == little ? ByteOrder::little : ByteOrder::big));
}

// What turns what lies in `outer` into `order`.
Json transpose_to_v3(const Order& order, const Order& outer, std::size_t rank) {
  if (!order.fits(rank))
    throw Error(ErrorCode::invalid_argument, "\"order\" is of another number of dimensions");
  Json list = Json::array();
  if (!(order == outer))
    list.push_back(codec_json("transpose", {{"order", order.places_in(outer, rank)}}));
  return list;
}

// The codecs of a chunk, without shards, in which elements lie in `outer`.
Json chunk_codecs_to_v3(const ArrayMetadata& metadata, const Order& outer) {
  Json list = transpose_to_v3(metadata.order, outer, metadata.shape.size());
  auto codec = metadata.codecs.begin();
  const auto is_filter = [](std::string_view name) {
    return takes_elements(name) || name == "anscombe-v1";
  };
  if (metadata.is_object) {
    if (codec == metadata.codecs.end())
      throw Error(ErrorCode::invalid_argument, "objects have no codec that makes bytes of them");
    list.push_back(codec_json((codec++)->name, Json::object()));
  } else {
    for (; codec != metadata.codecs.end() && is_filter(codec->name); ++codec)
      list.push_back(bytes_codec_to_v3(*codec, metadata.type.size));
    if (codec != metadata.codecs.end() && makes_bytes(codec->name)) {
      list.push_back(bytes_codec_to_v3(*codec++, metadata.type.size));
    } else {
      list.push_back(bytes_to_v3(metadata.type));
    }
  }
  const std::uint64_t element_size = metadata.is_object ? 1 : metadata.type.size;
  for (; codec != metadata.codecs.end(); ++codec) {
    if (is_filter(codec->name) || makes_bytes(codec->name))
      throw Error(ErrorCode::unsupported,
                  fmt::format("Zarr v3 has no way to apply the codec {} to bytes", codec->name));
    list.push_back(bytes_codec_to_v3(*codec, element_size));
  }
  return list;
}

}  // namespace

void codecs_from_v3(const Json& codecs, ArrayMetadata& out, const Limits& limits) {
  CodecsReader(out, limits).read(codecs);
}

Json codecs_to_v3(const ArrayMetadata& metadata) {
  Json list = chunk_codecs_to_v3(metadata,
                                 metadata.shards.empty() ? Order() : metadata.shards.back().order);
  for (std::size_t i = metadata.shards.size(); i-- > 0;) {
    const ShardLevel& level = metadata.shards[i];
    Json index = Json::array({codec_json("bytes", endian_json(level.index_order))});
    if (level.index_has_checksum) index.push_back({{"name", "crc32c"}});
    const Shape& inner =
        i + 1 < metadata.shards.size() ? metadata.shards[i + 1].shape : metadata.chunk_shape;
    Json shard = transpose_to_v3(level.order, i > 0 ? metadata.shards[i - 1].order : Order(),
                                 metadata.shape.size());
    shard.push_back(codec_json("sharding_indexed",
                               {{"chunk_shape", level.order.from_slowest(inner)},
                                {"codecs", std::move(list)},
                                {"index_codecs", std::move(index)},
                                {"index_location", level.index_at_start ? "start" : "end"}}));
    for (const CodecConfig& codec : level.codecs) shard.push_back(bytes_codec_to_v3(codec, 1));
    list = std::move(shard);
  }
  return list;
}

}  // namespace engram::zarr
