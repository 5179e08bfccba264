// Zarr v3's `zarr.json` of an array, as zarr-python 3 writes it.

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "base/json_member.hpp"
#include "engram/array/chunk_grid.hpp"
#include "engram/base/error.hpp"
#include "engram/zarr/metadata.hpp"
#include "zarr/check_metadata.hpp"
#include "zarr/chunk_keys.hpp"
#include "zarr/codecs_v3.hpp"
#include "zarr/dtype_v3.hpp"
#include "zarr/fill_v3.hpp"

namespace engram::zarr {
namespace {

constexpr std::array<std::string_view, 11> kMembers = {
    "zarr_format",        "node_type",  "shape",  "data_type",       "chunk_grid",
    "chunk_key_encoding", "fill_value", "codecs", "dimension_names", "storage_transformers",
    "attributes"};

void check_v3(const Json& json) {
  if (!json.is_object())
    throw Error(ErrorCode::corrupt_data,
                fmt::format("array metadata are {}, not a JSON object", excerpt(json)));
  const Json& format = required_member(json, "zarr_format");
  if (!format.is_number_integer() || format != 3) bad_member("zarr_format", format, "3");
  const Json& type = required_member(json, "node_type");
  if (type != "array") bad_member("node_type", type, "\"array\"");
  if (const Json& transformers = member_or_null(json, "storage_transformers");
      !transformers.is_null() && !(transformers.is_array() && transformers.empty()))
    throw Error(
        ErrorCode::unsupported,
        fmt::format("storage transformers {} are not known to engram", excerpt(transformers)));
  check_members_v3(json, kMembers);
}

void shapes_from_v3(const Json& json, ArrayMetadata& out, const Limits& limits) {
  out.shape = lengths_from_json(required_member(json, "shape"), "shape", limits);
  const Json& grid = required_member(json, "chunk_grid");
  const NamedConfiguration named = named_configuration(grid, "chunk_grid");
  if (named.name != "regular")
    throw Error(ErrorCode::unsupported,
                fmt::format("chunk grid \"{}\" is not known to engram, which reads regular ones",
                            named.name));
  const Json& chunks = required_member(named.configuration, "chunk_shape");
  out.chunk_shape = lengths_from_json(chunks, "chunk_shape", limits);
  check_chunk_shape(out, chunks, "chunk_shape");
}

void keys_from_v3(const Json& json, ArrayMetadata& out) {
  const Json& encoding = required_member(json, "chunk_key_encoding");
  const NamedConfiguration named = named_configuration(encoding, "chunk_key_encoding");
  if (named.name != "default" && named.name != "v2")
    throw Error(ErrorCode::unsupported,
                fmt::format("chunk key encoding \"{}\" is not known to engram", named.name));
  out.keys_begin_with_c = named.name == "default";
  out.separator = out.keys_begin_with_c ? '/' : '.';
  const Json& separator = member_or_null(named.configuration, "separator");
  if (separator.is_null()) return;
  if (separator != "." && separator != "/")
    bad_member("chunk_key_encoding", encoding, "a separator that is \".\" or \"/\"");
  out.separator = separator == "/" ? '/' : '.';
}

void fill_of_v3(const Json& json, ArrayMetadata& out) {
  const Json& fill = required_member(json, "fill_value");
  if (!out.is_object) {
    if (check_fill_size(out.type, fill)) out.fill_value = fill_from_v3(out.type, fill);
    return;
  }
  if (!fill.is_string()) bad_member("fill_value", fill, "a text");
  out.object_fill = fill;
  if (out.object_dtype == "string") return;
  const Bytes bytes = from_base64(fill.get_ref<const std::string&>());
  const auto* data = reinterpret_cast<const std::uint8_t*>(bytes.data());
  out.object_fill = Json::binary({data, data + bytes.size()});
}

void names_from_v3(const Json& json, ArrayMetadata& out) {
  const Json& names = member_or_null(json, "dimension_names");
  if (names.is_null()) return;
  const bool fits = names.is_array() && names.size() == out.shape.size() &&
                    std::all_of(names.begin(), names.end(), [](const Json& name) {
                      return name.is_null() || name.is_string();
                    });
  if (!fits)
    bad_member("dimension_names", names, fmt::format("{} names or nulls", out.shape.size()));
  for (const Json& name : names)
    out.dimension_names.push_back(name.is_null() ? std::nullopt
                                                 : std::optional(name.get<std::string>()));
}

Json text_fill(const Json& fill) {
  if (!fill.is_binary()) return fill.is_string() ? fill : Json("");
  return to_base64(std::as_bytes(std::span(fill.get_binary())));
}

// v3 has no null: zeros stand for it.
Json fill_json(const ArrayMetadata& metadata) {
  if (metadata.fill_value) return fill_to_v3(metadata.type, *metadata.fill_value);
  return fill_to_v3(metadata.type, Bytes(static_cast<std::size_t>(metadata.type.size)));
}

// Without the attributes, in zarr-python's order.
Json plain_zarr_json(const ArrayMetadata& metadata) {
  Json json = Json::object();
  json["shape"] = metadata.shape;
  json["data_type"] = metadata.is_object ? metadata.object_dtype : dtype_to_v3(metadata.type);
  json["chunk_grid"] = {{"name", "regular"},
                        {"configuration", {{"chunk_shape", shape_of_values(metadata)}}}};
  json["chunk_key_encoding"] = {
      {"name", metadata.keys_begin_with_c ? "default" : "v2"},
      {"configuration", {{"separator", std::string(1, metadata.separator)}}}};
  json["fill_value"] = metadata.is_object ? text_fill(metadata.object_fill) : fill_json(metadata);
  json["codecs"] = codecs_to_v3(metadata);
  if (!metadata.dimension_names.empty()) {
    Json names = Json::array();
    for (const auto& name : metadata.dimension_names) names.push_back(name ? Json(*name) : Json());
    json["dimension_names"] = std::move(names);
  }
  json["zarr_format"] = 3;
  json["node_type"] = "array";
  json["storage_transformers"] = Json::array();
  for (const auto& [name, value] : metadata.extensions.items()) json[name] = value;
  return json;
}

// In the place that they have in the document, or else where zarr-python has them.
Json with_attributes(const Json& json, const Json& attributes) {
  Json made = Json::object();
  const bool is_placed = json.contains("attributes");
  for (const auto& [name, value] : json.items()) {
    if (name == "zarr_format" && !is_placed) made["attributes"] = attributes;
    made[name] = name == "attributes" ? attributes : value;
  }
  return made;
}

ArrayMetadata members_from_v3(const Json& json, const Limits& limits) {
  ArrayMetadata metadata;
  metadata.zarr_format = 3;
  check_v3(json);
  shapes_from_v3(json, metadata, limits);
  dtype_from_v3(required_member(json, "data_type"), metadata);
  codecs_from_v3(required_member(json, "codecs"), metadata, limits);
  check_sizes(metadata, limits);
  keys_from_v3(json, metadata);
  fill_of_v3(json, metadata);
  names_from_v3(json, metadata);
  for (const auto& [name, value] : json.items())
    if (std::find(kMembers.begin(), kMembers.end(), name) == kMembers.end())
      metadata.extensions[name] = value;
  return metadata;
}

}  // namespace

Json to_zarr_json(const ArrayMetadata& metadata, const Json& attributes) {
  Json json = plain_zarr_json(metadata);
  if (metadata.document.is_null()) return with_attributes(json, attributes);
  json = keep_spelling(metadata.document,
                       plain_zarr_json(members_from_v3(metadata.document, no_limits())), json);
  const bool says_nothing = !json.contains("attributes") && attributes.empty();
  return says_nothing ? json : with_attributes(json, attributes);
}

ArrayMetadata parse_zarr_json(const Json& json, const Limits& limits) {
  ArrayMetadata metadata = members_from_v3(json, limits);
  Json document = json;
  if (document.contains("attributes")) document["attributes"] = Json();  // Their place alone.
  if (!are_same(with_attributes(plain_zarr_json(metadata), Json()), document))
    metadata.document = std::move(document);
  return metadata;
}

}  // namespace engram::zarr
