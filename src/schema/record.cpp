#include "engram/schema/record.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/json_member.hpp"
#include "engram/base/error.hpp"
#include "engram/base/utf8.hpp"
#include "engram/store/key.hpp"

namespace engram::schema {
namespace {

constexpr std::string_view kPath = "path", kStore = "store", kVersion = "codec_version",
                           kShape = "shape", kDtype = "dtype";
constexpr std::array kKnown{kPath, kStore, kVersion, kShape, kDtype};
constexpr std::string_view kOldestVersion = "1.0";

std::optional<std::string> text_or_none(const Json& json, std::string_view name) {
  if (member_or_null(json, name).is_null()) return std::nullopt;
  return text_member(json, name);
}

std::optional<Shape> shape_in(const Json& json, const Limits& limits) {
  const Json& list = member_or_null(json, kShape);
  if (list.is_null()) return std::nullopt;
  if (!list.is_array() || list.size() > limits.max_rank)
    bad_member(kShape, list, fmt::format("a list of at most {} lengths", limits.max_rank));
  Shape shape;
  for (const Json& length : list) shape.push_back(length_of(length, kShape));
  return shape;
}

// Of two dtypes whose numbers are the same one text: Zarr v3 has no types of another byte order.
std::string without_byte_order(std::string dtype) {
  std::replace(dtype.begin(), dtype.end(), '>', '<');
  if (!dtype.starts_with('<')) return dtype;
  try {
    return numpy_dtype(parse_typestr(dtype));
  } catch (const Error&) {
    return dtype;
  }
}

}  // namespace

StoredRecord make_record(std::string path, const zarr::ArrayMetadata& metadata,
                         std::optional<std::string> store,
                         std::optional<std::string> codec_version) {
  if (metadata.is_object)
    throw Error(
        ErrorCode::unsupported,
        "a record of DataJoint tells of numbers, texts of fixed length and the like, not of "
        "an array of objects");
  (void)store::Key(path);
  StoredRecord record;
  record.path = std::move(path);
  record.store = std::move(store);
  record.codec_version = std::move(codec_version);
  record.shape = metadata.shape;
  record.dtype = numpy_dtype(metadata.type);
  return record;
}

Json to_json(const StoredRecord& record) {
  Json json = Json::object();
  json[std::string(kPath)] = record.path;
  json[std::string(kStore)] = record.store ? Json(*record.store) : Json();
  if (record.codec_version) json[std::string(kVersion)] = *record.codec_version;
  if (record.shape) json[std::string(kShape)] = *record.shape;
  if (record.dtype) json[std::string(kDtype)] = *record.dtype;
  for (const auto& [name, value] : record.more.items())
    if (!json.contains(name)) json[name] = value;
  return json;
}

StoredRecord parse_record(const Json& json, const Limits& limits) {
  if (!json.is_object())
    throw Error(ErrorCode::corrupt_data,
                fmt::format("the record is {}, not a JSON object with a path", excerpt(json)));
  StoredRecord record;
  record.path = text_member(json, kPath);
  try {
    (void)store::Key(record.path);
  } catch (const Error& error) {
    throw Error(ErrorCode::corrupt_data, fmt::format("member \"path\": {}", error.what()));
  }
  record.store = text_or_none(json, kStore);
  record.codec_version = text_or_none(json, kVersion);
  record.shape = shape_in(json, limits);
  record.dtype = text_or_none(json, kDtype);
  for (const auto& [name, value] : json.items()) {
    bool is_known = false;
    for (const std::string_view known : kKnown) is_known = is_known || name == known;
    if (!is_known) record.more[name] = value;
  }
  return record;
}

std::string difference(const StoredRecord& record, const zarr::ArrayMetadata& metadata) {
  if (record.shape && *record.shape != metadata.shape)
    return fmt::format("the record has the shape {}, the array {}", to_string(*record.shape),
                       to_string(metadata.shape));
  if (!record.dtype) return {};
  const std::string dtype = metadata.is_object ? "object" : numpy_dtype(metadata.type);
  if (without_byte_order(*record.dtype) == without_byte_order(dtype)) return {};
  return fmt::format("the record has the dtype \"{}\", the array \"{}\"", printable(*record.dtype),
                     printable(dtype));
}

std::string codec_version(const zarr::CodecAttributes& attributes, const StoredRecord& record) {
  if (attributes.version) return *attributes.version;
  return record.codec_version.value_or(std::string(kOldestVersion));
}

}  // namespace engram::schema
