// numcodecs' pickle: one NumPy array a chunk. What the machine made becomes JSON here.
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "codec/element_json.hpp"
#include "codec/object_formats.hpp"
#include "codec/pickle_values.hpp"
#include "engram/base/error.hpp"
#include "engram/base/utf8.hpp"

namespace engram::codec {
namespace pickle {
namespace {

// Names of one value may stand for it a million times: what is made of a pickle may be so much
// larger than the pickle itself, and as many bytes for each object of the chunk.
constexpr std::uint64_t kBase = std::uint64_t{64} << 20U;
constexpr std::uint64_t kObject = 1024;
constexpr std::uint64_t kRatio = 64;

class Converter {
 public:
  Converter(const Arena& arena, const Limits& limits, Budget& budget)
      : arena_(arena), limits_(limits), budget_(budget) {}

  Json value(Id id, std::uint32_t depth) {
    if (depth > limits_.max_json_depth)
      throw Error(ErrorCode::limit_exceeded,
                  fmt::format("pickle: objects are nested deeper than {}", limits_.max_json_depth));
    const Value& value = arena_[id];
    budget_.take(sizeof(Json) + value.bytes.size());
    switch (value.type) {
      case Type::none:
        return nullptr;
      case Type::boolean:
        return value.number != 0;
      case Type::integer:
        return value.number;
      case Type::natural:
        return static_cast<std::uint64_t>(value.number);
      case Type::real:
        return value.real;
      case Type::text:
        return std::string(as_text(value.bytes));
      case Type::bytes:
        return binary(value.bytes);
      case Type::list:
      case Type::tuple: {
        Json list = Json::array();
        for (const Id item : value.items) list.push_back(this->value(item, depth + 1));
        return list;
      }
      case Type::dict:
        return object(value, depth);
      case Type::array:
        return array(arena_.arrays[static_cast<std::size_t>(value.number)], depth);
      default:
        throw Error(ErrorCode::unsupported,
                    fmt::format("pickle: an object is {}", type_name(value.type)));
    }
  }

  // The elements as they lie in memory.
  std::vector<Json> elements(const Array& array, std::uint32_t depth) {
    if (!array.is_set) corrupt("an array has no elements");
    std::vector<Json> out;
    const Dtype& dtype = arena_.dtypes[static_cast<std::size_t>(array.dtype)];
    if (dtype.is_object) {
      for (const Id item : arena_[array.list].items) out.push_back(value(item, depth + 1));
      if (array.fortran) out = transposed(std::move(out), array.shape);
      return out;
    }
    std::uint64_t count = 1;
    for (const std::uint64_t extent : array.shape) count *= extent;
    const std::uint64_t size = dtype.type.size;
    // An element of no bytes would be free.
    budget_.take(checked_multiply(count, element_cost(dtype.type), "elements of a pickled array"));
    for (std::uint64_t i = 0; i < count; ++i)
      out.push_back(json_of_element(dtype.type, array.bytes.subspan(i * size, size)));
    return out;
  }

 private:
  static std::uint64_t element_cost(const DataType& type) {
    std::uint64_t cost = sizeof(Json) + type.size;
    for (const Field& field : type.fields) {
      std::uint64_t count = 1;
      for (const std::uint64_t extent : field.shape)
        count = checked_multiply(count, extent, "elements of a field");
      cost = checked_add(cost,
                         checked_multiply(count, element_cost(field.type), "elements of a field"),
                         "elements of a field");
    }
    return cost;
  }

  static Json binary(BytesView bytes) {
    Json::binary_t::container_type copy(bytes.size());
    if (!bytes.empty()) std::memcpy(copy.data(), bytes.data(), bytes.size());
    return Json::binary(std::move(copy));
  }

  Json object(const Value& dict, std::uint32_t depth) {
    Json object = Json::object();
    for (std::size_t i = 0; i + 1 < dict.items.size(); i += 2) {
      const Value& key = arena_[dict.items[i]];
      if (key.type != Type::text)
        throw Error(ErrorCode::unsupported,
                    fmt::format("pickle: a key of a dictionary is {}, expected a text",
                                type_name(key.type)));
      budget_.take(key.bytes.size() + sizeof(std::string));
      object[std::string(as_text(key.bytes))] = value(dict.items[i + 1], depth + 1);
    }
    return object;
  }

  Json array(const Array& array, std::uint32_t depth) {
    std::vector<Json> flat = elements(array, depth);
    if (array.shape.empty()) return std::move(flat.at(0));
    // Lists of nothing may be many.
    std::uint64_t lists = 1;
    for (const std::uint64_t extent : array.shape) {
      lists = checked_multiply(lists, extent, "elements of a pickled array");
      budget_.take(checked_multiply(lists, sizeof(Json), "elements of a pickled array"));
    }
    if (array.fortran) flat = restored(std::move(flat), array.shape);
    return nest_objects(flat, array.shape);
  }

  // Where element `i` of C order lies in Fortran's.
  static std::vector<std::size_t> fortran_places(const std::vector<std::uint64_t>& shape,
                                                 std::size_t count) {
    std::vector<std::size_t> places(count);
    std::vector<std::uint64_t> index(shape.size(), 0);
    for (std::size_t i = 0; i < count; ++i) {
      std::size_t place = 0;
      for (std::size_t d = shape.size(); d-- > 0;) place = place * shape[d] + index[d];
      places[i] = place;
      for (std::size_t d = shape.size(); d-- > 0;) {
        if (++index[d] < shape[d]) break;
        index[d] = 0;
      }
    }
    return places;
  }
  static std::vector<Json> transposed(std::vector<Json> elements,
                                      const std::vector<std::uint64_t>& shape) {
    const auto places = fortran_places(shape, elements.size());
    std::vector<Json> out(elements.size());
    for (std::size_t i = 0; i < places.size(); ++i) out[places[i]] = std::move(elements[i]);
    return out;
  }
  static std::vector<Json> restored(std::vector<Json> elements,
                                    const std::vector<std::uint64_t>& shape) {
    const auto places = fortran_places(shape, elements.size());
    std::vector<Json> out(elements.size());
    for (std::size_t i = 0; i < places.size(); ++i) out[i] = std::move(elements[places[i]]);
    return out;
  }

  const Arena& arena_;
  const Limits& limits_;
  Budget& budget_;
};

}  // namespace

std::vector<Json> elements_of(const Arena& arena, Id id, std::uint64_t count, const Limits& limits,
                              Budget& budget) {
  const Value& value = arena[id];
  if (value.type != Type::array)
    corrupt(fmt::format("a chunk is {}, expected an array", type_name(value.type)));
  std::vector<Json> elements =
      Converter(arena, limits, budget)
          .elements(arena.arrays[static_cast<std::size_t>(value.number)], 0);
  if (elements.size() != count)
    corrupt(fmt::format("a chunk has {} elements, expected {}", elements.size(), count));
  return elements;
}

}  // namespace pickle

std::vector<Json> decode_pickle(BytesView payload, const ChunkShape& shape, const Limits& limits) {
  const std::uint64_t count = object_count(shape);
  const auto grown = [](std::uint64_t size, std::uint64_t by) {
    return checked_multiply(size, by, "the size of pickled objects");
  };
  const std::uint64_t allowed =
      checked_add(checked_add(pickle::kBase, grown(count, pickle::kObject), "pickled objects"),
                  grown(payload.size(), pickle::kRatio), "pickled objects");
  pickle::Budget budget(std::min(allowed, std::max(limits.max_chunk_bytes, pickle::kBase)));
  pickle::Arena arena(budget);
  const pickle::Id made = pickle::run(arena, payload);
  return pickle::elements_of(arena, made, count, limits, budget);
}

}  // namespace engram::codec
