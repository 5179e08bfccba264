// Zarr v2's `.zarray`, as zarr-python 2 writes it.

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string_view>

#include "base/json_member.hpp"
#include "engram/base/error.hpp"
#include "engram/zarr/metadata.hpp"
#include "zarr/check_metadata.hpp"
#include "zarr/dtype_v2.hpp"
#include "zarr/fill_v2.hpp"

namespace engram::zarr {
namespace {

// With the members sorted at every depth, as dump_json sorts them where there is no document to
// keep.
Json by_name(const Json& json) {
  if (json.is_array()) {
    Json list = Json::array();
    for (const Json& item : json) list.push_back(by_name(item));
    return list;
  }
  if (!json.is_object()) return json;
  std::map<std::string_view, const Json*> members;
  for (const auto& [name, value] : json.items()) members.emplace(name, &value);
  Json object = Json::object();
  for (const auto& [name, value] : members) object.emplace(name, by_name(*value));
  return object;
}

Json codec_to_json(const CodecConfig& codec) {
  Json json = codec.configuration.is_object() ? codec.configuration : Json::object();
  json["id"] = codec.name;
  return by_name(json);
}

CodecConfig codec_from_json(const Json& json, std::string_view member) {
  if (!json.is_object() || !json.contains("id") || !json["id"].is_string())
    bad_member(member, json, "an object with the name of a codec as \"id\"");
  CodecConfig codec;
  codec.name = json["id"].get<std::string>();
  codec.configuration = json;
  codec.configuration.erase("id");
  return codec;
}

void read_shapes(const Json& json, ArrayMetadata& out, const Limits& limits) {
  out.shape = lengths_from_json(required_member(json, "shape"), "shape", limits);
  const Json& chunks = required_member(json, "chunks");
  out.chunk_shape = lengths_from_json(chunks, "chunks", limits);
  check_chunk_shape(out, chunks, "chunks");
}

void read_type(const Json& json, ArrayMetadata& out) {
  const Json& dtype = required_member(json, "dtype");
  if (holds_objects(dtype)) {
    out.is_object = true;
    out.object_dtype = dtype;
    return;
  }
  out.type = dtype_from_json(dtype);
  if (out.type.size == 0) bad_member("dtype", dtype, "a type of at least one byte");
}

void read_fill(const Json& json, ArrayMetadata& out) {
  const Json& fill = member_or_null(json, "fill_value");
  if (out.is_object) {
    out.object_fill = fill;
  } else if (check_fill_size(out.type, fill)) {
    out.fill_value = fill_from_json(out.type, fill);
  }
}

void read_codecs(const Json& json, ArrayMetadata& out) {
  if (const Json& filters = member_or_null(json, "filters"); filters.is_array()) {
    for (const Json& filter : filters) out.codecs.push_back(codec_from_json(filter, "filters"));
  } else if (!filters.is_null()) {
    bad_member("filters", filters, "null or a list of codecs");
  }
  if (const Json& compressor = member_or_null(json, "compressor"); !compressor.is_null()) {
    out.codecs.push_back(codec_from_json(compressor, "compressor"));
    out.has_compressor = true;
  }
}

// As zarr-python writes it, whatever document the metadata came from.
Json plain_zarray_json(const ArrayMetadata& metadata) {
  Json json = Json::object();
  json["chunks"] = metadata.chunk_shape;
  const std::size_t filter_count = metadata.codecs.size() - (metadata.has_compressor ? 1 : 0);
  json["compressor"] = metadata.has_compressor ? codec_to_json(metadata.codecs.back()) : Json();
  if (metadata.separator != '.') json["dimension_separator"] = std::string(1, metadata.separator);
  json["dtype"] = metadata.is_object ? metadata.object_dtype : dtype_to_json(metadata.type);
  json["fill_value"] = metadata.is_object ? by_name(metadata.object_fill)
                                          : fill_to_json(metadata.type, metadata.fill_value);
  Json filters;
  for (std::size_t i = 0; i < filter_count; ++i)
    filters.push_back(codec_to_json(metadata.codecs[i]));
  json["filters"] = std::move(filters);
  if (!metadata.order.is_c() && !metadata.order.is_fortran())
    throw Error(ErrorCode::unsupported,
                "Zarr v2 has no word for an order of dimensions that is neither C's nor Fortran's");
  json["order"] = metadata.order.is_fortran() ? "F" : "C";
  json["shape"] = metadata.shape;
  json["zarr_format"] = 2;
  return json;
}

ArrayMetadata parse_members(const Json& json, const Limits& limits) {
  if (!json.is_object())
    throw Error(ErrorCode::corrupt_data,
                fmt::format("array metadata are {}, not a JSON object", excerpt(json)));
  const Json& format = required_member(json, "zarr_format");
  if (!format.is_number_integer() || format.get<std::int64_t>() != 2)
    bad_member("zarr_format", format, "2");
  ArrayMetadata metadata;
  read_shapes(json, metadata, limits);
  read_type(json, metadata);
  check_sizes(metadata, limits);
  read_fill(json, metadata);
  read_codecs(json, metadata);
  const Json& order = required_member(json, "order");
  if (!is_text(order, "C") && !is_text(order, "F")) bad_member("order", order, "\"C\" or \"F\"");
  if (is_text(order, "F")) metadata.order = Order::fortran(metadata.shape.size());
  if (const Json& separator = member_or_null(json, "dimension_separator"); !separator.is_null()) {
    if (!is_text(separator, ".") && !is_text(separator, "/"))
      bad_member("dimension_separator", separator, "\".\" or \"/\"");
    metadata.separator = is_text(separator, "/") ? '/' : '.';
  }
  return metadata;
}

}  // namespace

Json to_zarray_json(const ArrayMetadata& metadata) {
  Json now = plain_zarray_json(metadata);
  if (metadata.document.is_null()) return now;
  return keep_spelling(metadata.document,
                       plain_zarray_json(parse_members(metadata.document, no_limits())), now);
}

std::string to_zarray(const ArrayMetadata& metadata) {
  return dump_json(to_zarray_json(metadata),
                   metadata.document.is_null() ? JsonStyle::zarr : JsonStyle::ordered);
}

ArrayMetadata parse_zarray(const Json& json, const Limits& limits) {
  ArrayMetadata metadata = parse_members(json, limits);
  // Most documents are what zarr-python makes of these members, so that nothing need be kept.
  if (!are_same(plain_zarray_json(metadata), json)) metadata.document = json;
  return metadata;
}

}  // namespace engram::zarr
