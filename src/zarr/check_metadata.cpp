#include "zarr/check_metadata.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>

#include "base/json_member.hpp"
#include "engram/array/chunk_grid.hpp"
#include "engram/base/error.hpp"

namespace engram::zarr {
namespace {

// An object takes at least so much memory, whatever it is.
constexpr std::uint64_t kPointerSize = 16;
constexpr std::uint64_t kLargeElement = 1U << 20U;

}  // namespace

const Json& required_member(const Json& json, std::string_view name) {
  const auto found = json.find(name);
  if (found == json.end())
    throw Error(ErrorCode::corrupt_data, fmt::format("member \"{}\" is missing", name));
  return *found;
}

Shape lengths_from_json(const Json& json, std::string_view member, const Limits& limits) {
  if (!json.is_array()) bad_member(member, json, "a list of lengths");
  if (json.size() > limits.max_rank)
    throw Error(ErrorCode::limit_exceeded, fmt::format("member \"{}\" has {} dimensions, above {}",
                                                       member, json.size(), limits.max_rank));
  Shape shape;
  for (const Json& length : json) shape.push_back(length_of(length, member));
  return shape;
}

void check_chunk_shape(const ArrayMetadata& metadata, const Json& found, std::string_view member) {
  const Shape& chunks = metadata.chunk_shape;
  const bool has_zero = std::find(chunks.begin(), chunks.end(), 0) != chunks.end();
  if (has_zero || chunks.size() != metadata.shape.size())
    bad_member(member, found, fmt::format("{} lengths above zero", metadata.shape.size()));
}

bool check_fill_size(const DataType& type, const Json& fill) {
  if (type.size <= kLargeElement) return true;
  if (fill.is_null() || fill == 0) return false;
  const std::uint64_t length = fill.is_string() ? fill.get_ref<const std::string&>().size() : 0;
  if (fill.is_string() && length == 0) return false;
  if (4 * length < type.size)
    throw Error(ErrorCode::limit_exceeded,
                fmt::format("member \"fill_value\" is {}, for an element of {} bytes; above {} it "
                            "must be null, 0 or an element as a whole",
                            excerpt(fill), type.size, kLargeElement));
  return true;
}

void check_sizes(const ArrayMetadata& metadata, const Limits& limits) {
  const std::uint64_t element = metadata.is_object ? kPointerSize : metadata.type.size;
  checked_multiply(element_count(metadata.shape), element, "the size of the array");
  const std::uint64_t chunk =
      checked_multiply(element_count(metadata.chunk_shape), element, "the size of a chunk");
  if (chunk > limits.max_chunk_bytes)
    throw Error(ErrorCode::limit_exceeded,
                fmt::format("member \"{}\" is {}: a chunk would take {} bytes, above {}",
                            metadata.zarr_format == 2 ? "chunks" : "chunk_shape",
                            to_string(metadata.chunk_shape), chunk, limits.max_chunk_bytes));
  const ChunkGrid countable(metadata.shape, metadata.chunk_shape);
}

void check_members_v3(const Json& json, std::span<const std::string_view> known) {
  for (const auto& [name, value] : json.items()) {
    const bool is_known = std::find(known.begin(), known.end(), name) != known.end();
    if (!is_known && !(value.is_object() && member_or_null(value, "must_understand") == false))
      throw Error(
          ErrorCode::unsupported,
          fmt::format("member \"{}\" is not known to engram, and must be understood", name));
  }
}

Limits no_limits() {
  Limits limits;
  limits.max_rank = std::numeric_limits<std::uint32_t>::max();
  limits.max_chunk_bytes = std::numeric_limits<std::uint64_t>::max();
  return limits;
}

bool are_same(const Json& a, const Json& b) {
  if (a.is_object() && b.is_object()) {
    const auto& of_a = a.get_ref<const Json::object_t&>();
    const auto& of_b = b.get_ref<const Json::object_t&>();
    return std::equal(of_a.begin(), of_a.end(), of_b.begin(), of_b.end(),
                      [](const auto& x, const auto& y) {
                        return x.first == y.first && are_same(x.second, y.second);
                      });
  }
  if (a.is_array() && b.is_array())
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), are_same);
  // nlohmann takes 1 and 1.0 for the same, and NaN not for itself.
  if (a.is_number_float() && b.is_number_float())
    return std::bit_cast<std::uint64_t>(a.get<double>()) ==
               std::bit_cast<std::uint64_t>(b.get<double>()) ||
           (std::isnan(a.get<double>()) && std::isnan(b.get<double>()));
  // It also takes -1 for 2^64 - 1.
  const auto is_negative = [](const Json& json) {
    return json.is_number_integer() && !json.is_number_unsigned() && json.get<std::int64_t>() < 0;
  };
  return a.is_number_float() == b.is_number_float() && is_negative(a) == is_negative(b) && a == b;
}

Json keep_spelling(const Json& document, const Json& then, const Json& now) {
  Json json = document;
  for (const auto& [name, value] : now.items()) {
    const auto before = then.find(name);
    if (before == then.end() || !are_same(*before, value)) json[name] = value;
  }
  for (const auto& [name, value] : then.items())
    if (!now.contains(name)) json.erase(name);
  return json;
}

}  // namespace engram::zarr
