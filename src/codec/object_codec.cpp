#include "engram/codec/object_codec.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <map>
#include <string>
#include <utility>

#include "codec/categorize.hpp"
#include "codec/configuration.hpp"
#include "codec/element_codec.hpp"
#include "codec/element_json.hpp"
#include "codec/little_endian.hpp"
#include "codec/numbers.hpp"
#include "codec/object_formats.hpp"
#include "engram/base/error.hpp"

namespace engram::codec {
namespace {

constexpr std::uint64_t kMaxPayload = std::uint64_t{4} << 30U;

constexpr std::array<std::string_view, 7> kNames = {
    "categorize", "json2", "msgpack2", "pickle", "vlen-array", "vlen-bytes", "vlen-utf8"};

[[noreturn]] void corrupt_payload(const std::string& what) {
  throw Error(ErrorCode::corrupt_data, what);
}

[[noreturn]] void bad_object(const CodecConfig& config, std::size_t number, const Json& object,
                             std::string_view expected) {
  std::string shown = object.is_binary() ? "bytes" : dump_json(object, JsonStyle::line);
  if (shown.size() > 80) shown = shown.substr(0, 80) + "...";
  throw Error(ErrorCode::invalid_argument,
              fmt::format("object {} of a chunk is {}, codec {} takes {}", number, shown,
                          config.name, expected));
}

// numcodecs takes None and 0, Zarr's usual fill value, for nothing.
bool is_nothing(const Json& object) { return object.is_null() || object == 0; }

Json binary_of(std::string_view bytes) { return Json::binary({bytes.begin(), bytes.end()}); }

DataType item_type(const CodecConfig& config) {
  DataType type = type_member(config, "dtype");
  if (type.kind == Kind::structured)
    throw Error(ErrorCode::unsupported,
                fmt::format("codec vlen-array of \"{}\" is not known", typestr(type)));
  return type;
}

Json array_of(const DataType& type, std::string_view item) {
  if (item.size() % type.size != 0)
    corrupt_payload(
        fmt::format("an array of {} bytes can't hold elements of \"{}\" ({} bytes each)",
                    item.size(), typestr(type), type.size));
  Json list = Json::array();
  const BytesView bytes = as_bytes(item);
  for (std::size_t at = 0; at < bytes.size(); at += type.size)
    list.push_back(json_of_element(type, bytes.subspan(at, type.size)));
  return list;
}

std::vector<Json> decode_vlen_objects(const CodecConfig& config, BytesView payload,
                                      std::uint64_t count) {
  const auto items = decode_vlen(payload, count);
  std::vector<Json> objects;
  objects.reserve(items.size());
  if (config.name == "vlen-array") {
    const DataType type = item_type(config);
    for (const std::string_view item : items) objects.push_back(array_of(type, item));
  } else if (config.name == "vlen-bytes") {
    for (const std::string_view item : items) objects.push_back(binary_of(item));
  } else {
    for (const std::string_view item : items) objects.emplace_back(std::string(item));
  }
  return objects;
}

// What lies behind a view must stay where it is.
std::string_view vlen_item(const CodecConfig& config, const DataType& type, const Json& object,
                           std::size_t number, Bytes& held) {
  if (is_nothing(object)) return {};
  if (config.name == "vlen-array") {
    if (!object.is_array()) bad_object(config, number, object, "lists of elements");
    held.resize(object.size() * type.size);
    for (std::size_t i = 0; i < object.size(); ++i)
      put_element(type, object[i], std::span(held).subspan(i * type.size, type.size));
    return as_text(held);
  }
  if (object.is_string()) return object.get_ref<const std::string&>();
  if (config.name == "vlen-bytes" && object.is_binary())
    return as_text(std::as_bytes(std::span(object.get_binary())));
  bad_object(config, number, object, config.name == "vlen-bytes" ? "bytes and text" : "text");
}

Bytes encode_vlen_objects(const CodecConfig& config, std::span<const Json> objects) {
  const DataType type = config.name == "vlen-array" ? item_type(config) : DataType();
  std::vector<Bytes> held(config.name == "vlen-array" ? objects.size() : 1);
  std::vector<std::string_view> items;
  items.reserve(objects.size());
  for (std::size_t i = 0; i < objects.size(); ++i)
    items.push_back(vlen_item(config, type, objects[i], i, held[held.size() == 1 ? 0 : i]));
  return encode_vlen(items);
}

std::vector<Json> decode_categories(const CodecConfig& config, BytesView payload,
                                    std::uint64_t count) {
  const Categories categories = categories_of(config);
  if (payload.size() % categories.stored.size != 0 ||
      payload.size() / categories.stored.size != count)
    corrupt_payload(fmt::format("chunk of categories has {} bytes, expected {} times {}",
                                payload.size(), count, categories.stored.size));
  const auto numbers = load_numbers<std::int64_t>(categories.stored, payload, DataType::integer(8));
  std::vector<Json> objects(count, "");
  for (std::size_t i = 0; i < count; ++i)
    if (numbers[i] > 0 && static_cast<std::uint64_t>(numbers[i]) <= categories.labels.size())
      objects[i] = categories.labels[static_cast<std::size_t>(numbers[i] - 1)];
  return objects;
}

Bytes encode_categories(const CodecConfig& config, std::span<const Json> objects) {
  const Categories categories = categories_of(config);
  std::map<std::string_view, std::int64_t> known;
  for (std::size_t i = 0; i < categories.labels.size(); ++i)
    known[categories.labels[i]] = static_cast<std::int64_t>(i) + 1;
  std::vector<std::int64_t> numbers(objects.size());
  for (std::size_t i = 0; i < objects.size(); ++i) {
    if (!objects[i].is_string()) continue;
    const auto found = known.find(objects[i].get_ref<const std::string&>());
    if (found != known.end()) numbers[i] = found->second;
  }
  Bytes out(objects.size() * categories.stored.size);
  convert_numbers(DataType::integer(8), std::as_bytes(std::span(numbers)), categories.stored, out);
  return out;
}

void check_name(const CodecConfig& config) {
  if (is_object_codec(config.name)) return;
  std::string known;
  for (const std::string_view name : kNames)
    known += fmt::format("{}{}", known.empty() ? "" : ", ", name);
  throw Error(ErrorCode::unsupported,
              fmt::format("objects are stored with codec {}, which is not known; there are {}. "
                          "Write the array again with one of them, with zarr-python and the "
                          "package that has the codec; or add the codec to engram "
                          "(CONTRIBUTING.md, src/codec/object_codec.cpp)",
                          excerpt(config.name), known));
}

// The elements from `next` on, as lists nested by the dimensions from `axis` on.
Json nest(std::span<const Json> objects, std::size_t& next, const ChunkShape& shape,
          std::size_t axis) {
  Json list = Json::array();
  for (std::uint64_t i = 0; i < shape[axis]; ++i) {
    if (axis + 1 < shape.size())
      list.push_back(nest(objects, next, shape, axis + 1));
    else
      list.push_back(objects[next++]);
  }
  return list;
}

// Moves the elements of `list`, nested by the dimensions from `axis` on, to the end of `flat`.
void flatten(Json& list, const ChunkShape& shape, std::size_t axis, std::string_view codec,
             std::vector<Json>& flat) {
  if (!list.is_array() || list.size() != shape[axis])
    corrupt_payload(fmt::format("{} chunk: dimension {} has {} elements, expected {}", codec, axis,
                                list.is_array() ? std::to_string(list.size()) : "no", shape[axis]));
  for (Json& element : list) {
    if (axis + 1 < shape.size())
      flatten(element, shape, axis + 1, codec, flat);
    else
      flat.push_back(std::move(element));
  }
}

}  // namespace

std::uint64_t object_count(const ChunkShape& shape) {
  std::uint64_t count = 1;
  for (const std::uint64_t extent : shape)
    count = checked_multiply(count, extent, "elements of a chunk");
  return count;
}

Json nest_objects(std::span<const Json> objects, const ChunkShape& shape) {
  std::size_t next = 0;
  return nest(objects, next, shape.empty() ? ChunkShape{1} : shape, 0);
}

std::vector<Json> flatten_objects(Json list, const ChunkShape& shape, std::string_view codec) {
  std::vector<Json> flat;
  flatten(list, shape.empty() ? ChunkShape{1} : shape, 0, codec, flat);
  return flat;
}

bool is_object_codec(std::string_view name) noexcept {
  return std::find(kNames.begin(), kNames.end(), name) != kNames.end();
}

std::vector<Json> decode_objects(const CodecConfig& config, BytesView payload,
                                 const std::vector<std::uint64_t>& chunk_shape,
                                 const Limits& limits) {
  check_name(config);
  if (config.name == "json2") return decode_json2_objects(config, payload, chunk_shape, limits);
  if (config.name == "msgpack2") return decode_msgpack2(config, payload, chunk_shape, limits);
  if (config.name == "pickle") return decode_pickle(payload, chunk_shape, limits);
  const std::uint64_t count = object_count(chunk_shape);
  if (config.name == "categorize") return decode_categories(config, payload, count);
  return decode_vlen_objects(config, payload, count);
}

Bytes encode_objects(const CodecConfig& config, std::span<const Json> objects,
                     const std::vector<std::uint64_t>& chunk_shape) {
  check_name(config);
  if (objects.size() != object_count(chunk_shape))
    throw Error(ErrorCode::invalid_argument,
                fmt::format("a chunk has {} elements, its shape {}", objects.size(),
                            object_count(chunk_shape)));
  if (config.name == "json2") return encode_json2_objects(config, objects, chunk_shape);
  if (config.name == "msgpack2") return encode_msgpack2(config, objects, chunk_shape);
  if (config.name == "categorize") return encode_categories(config, objects);
  if (config.name == "pickle")
    throw Error(ErrorCode::unsupported,
                "engram reads Python's pickle, but never writes it: choose vlen-utf8 or json2");
  return encode_vlen_objects(config, objects);
}

Bytes encode_vlen(const std::vector<std::string_view>& items) {
  std::uint64_t size = 4;
  for (const std::string_view item : items) size += 4 + std::uint64_t{item.size()};
  if (size > kMaxPayload || items.size() > UINT32_MAX)
    throw Error(ErrorCode::limit_exceeded,
                fmt::format("a chunk of {} texts or sequences needs {} bytes, above the limit of "
                            "4 GiB: choose smaller chunks",
                            items.size(), size));
  Bytes out(size);
  std::byte* at = out.data();
  store_u32(at, static_cast<std::uint32_t>(items.size()));
  at += 4;
  for (const std::string_view item : items) {
    store_u32(at, static_cast<std::uint32_t>(item.size()));
    at += 4;
    if (!item.empty()) std::memcpy(at, item.data(), item.size());
    at += item.size();
  }
  return out;
}

std::vector<std::string_view> decode_vlen(BytesView bytes, std::uint64_t expected_count) {
  if (bytes.size() < 4)
    corrupt_payload(fmt::format("chunk of texts has {} bytes, expected at least 4", bytes.size()));
  const std::uint32_t count = load_u32(bytes.data());
  if (count != expected_count)
    corrupt_payload(fmt::format("chunk holds {} texts, expected {}", count, expected_count));
  BytesView left = bytes.subspan(4);
  if (left.size() / 4 < count)
    corrupt_payload(fmt::format("chunk has {} bytes, too few for {} texts", bytes.size(), count));
  std::vector<std::string_view> items;
  items.reserve(count);
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::uint32_t size = left.size() < 4 ? 0 : load_u32(left.data());
    if (left.size() < 4 || size > left.size() - 4)
      corrupt_payload(
          fmt::format("text {} of a chunk has {} bytes, {} are left", i, size, left.size()));
    items.push_back(as_text(left.subspan(4, size)));
    left = left.subspan(4 + std::size_t{size});
  }
  if (!left.empty())
    corrupt_payload(fmt::format("{} bytes follow the {} texts of a chunk", left.size(), count));
  return items;
}

}  // namespace engram::codec
