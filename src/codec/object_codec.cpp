#include "engram/codec/object_codec.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "codec/little_endian.hpp"
#include "engram/base/error.hpp"

namespace engram::codec {
namespace {

constexpr std::uint64_t kMaxPayload = std::uint64_t{4} << 30U;

[[noreturn]] void corrupt(const std::string& what) { throw Error(ErrorCode::corrupt_data, what); }

std::uint64_t product(const std::vector<std::uint64_t>& shape) {
  std::uint64_t count = 1;
  for (const std::uint64_t extent : shape)
    count = checked_multiply(count, extent, "elements of a chunk");
  return count;
}

// The elements from `next` on, as lists nested by the dimensions from `axis` on.
Json nest(const Json& elements, std::size_t& next, const std::vector<std::uint64_t>& shape,
          std::size_t axis) {
  Json list = Json::array();
  for (std::uint64_t i = 0; i < shape[axis]; ++i) {
    if (axis + 1 < shape.size())
      list.push_back(nest(elements, next, shape, axis + 1));
    else
      list.push_back(elements[next++]);
  }
  return list;
}

// Moves the elements of `list`, nested by the dimensions from `axis` on, to the end of `flat`.
void flatten(Json& list, const std::vector<std::uint64_t>& shape, std::size_t axis, Json& flat) {
  if (!list.is_array() || list.size() != shape[axis])
    corrupt(fmt::format("json2 chunk: dimension {} has {} elements, expected {}", axis,
                        list.is_array() ? std::to_string(list.size()) : "no", shape[axis]));
  for (Json& element : list) {
    if (axis + 1 < shape.size())
      flatten(element, shape, axis + 1, flat);
    else
      flat.push_back(std::move(element));
  }
}

}  // namespace

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
    corrupt(fmt::format("chunk of texts has {} bytes, expected at least 4", bytes.size()));
  const std::uint32_t count = load_u32(bytes.data());
  if (count != expected_count)
    corrupt(fmt::format("chunk holds {} texts, expected {}", count, expected_count));
  BytesView left = bytes.subspan(4);
  if (left.size() / 4 < count)
    corrupt(fmt::format("chunk has {} bytes, too few for {} texts", bytes.size(), count));
  std::vector<std::string_view> items;
  items.reserve(count);
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::uint32_t size = left.size() < 4 ? 0 : load_u32(left.data());
    if (left.size() < 4 || size > left.size() - 4)
      corrupt(fmt::format("text {} of a chunk has {} bytes, {} are left", i, size, left.size()));
    items.push_back(as_text(left.subspan(4, size)));
    left = left.subspan(4 + std::size_t{size});
  }
  if (!left.empty())
    corrupt(fmt::format("{} bytes follow the {} texts of a chunk", left.size(), count));
  return items;
}

Bytes encode_json2(const Json& elements, const std::vector<std::uint64_t>& shape) {
  if (elements.size() != product(shape))
    throw Error(ErrorCode::invalid_argument, fmt::format("a chunk has {} elements, its shape {}",
                                                         elements.size(), product(shape)));
  std::size_t next = 0;
  Json items = nest(elements, next, shape.empty() ? std::vector<std::uint64_t>{1} : shape, 0);
  items.push_back("|O");
  items.push_back(shape);
  return to_bytes(dump_json(items, JsonStyle::compact));
}

Json decode_json2(BytesView bytes, const std::vector<std::uint64_t>& expected_shape) {
  // The text is in memory already and as large as its array allowed.
  Limits limits;
  limits.max_json_bytes = std::max<std::uint64_t>(limits.max_json_bytes, bytes.size());
  Json items = parse_json(as_text(bytes), limits);
  if (!items.is_array() || items.size() < 2)
    corrupt("json2 chunk is no list that ends with a type and a shape");
  if (items.back() != Json(expected_shape))
    corrupt(fmt::format("json2 chunk has the shape {}, expected {}",
                        dump_json(items.back(), JsonStyle::line),
                        dump_json(Json(expected_shape), JsonStyle::line)));
  items.erase(items.size() - 1);
  if (!items.back().is_string()) corrupt("json2 chunk names no type before its shape");
  items.erase(items.size() - 1);
  Json flat = Json::array();
  flatten(items, expected_shape.empty() ? std::vector<std::uint64_t>{1} : expected_shape, 0, flat);
  return flat;
}

}  // namespace engram::codec
