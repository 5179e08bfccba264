// numcodecs' msgpack2: a MessagePack list of the chunk's rows, NumPy's type and the shape.
#include <fmt/format.h>

#include <cmath>
#include <utility>

#include "codec/configuration.hpp"
#include "codec/object_formats.hpp"
#include "engram/base/error.hpp"

namespace engram::codec {
namespace {

// nlohmann's parser calls itself for each level, and lists of a billion elements are promised in
// five bytes: levels are counted here, and values are made only when they are there.
class Builder : public nlohmann::json_sax<Json> {
 public:
  Builder(const Limits& limits, bool raw) : limits_(limits), raw_(raw) {}

  Json take() { return std::move(root_); }

  bool null() override { return add(nullptr); }
  bool boolean(bool value) override { return add(value); }
  bool number_integer(number_integer_t value) override { return add(value); }
  bool number_unsigned(number_unsigned_t value) override { return add(value); }
  bool number_float(number_float_t value, const string_t&) override { return add(value); }
  bool string(string_t& value) override {
    if (!raw_) return add(std::move(value));
    return add(Json::binary({value.begin(), value.end()}));
  }
  bool binary(binary_t& value) override {
    if (value.has_subtype())
      throw Error(ErrorCode::unsupported,
                  fmt::format("msgpack2 chunk has a value of the extension type {}, which is not "
                              "known",
                              static_cast<int>(static_cast<std::int8_t>(value.subtype()))));
    return add(Json(std::move(value)));
  }
  bool start_array(std::size_t) override { return open(Json::array()); }
  bool end_array() override { return close(); }
  bool start_object(std::size_t) override { return open(Json::object()); }
  bool end_object() override { return close(); }
  bool key(string_t& value) override {
    keys_.back() = std::move(value);
    return true;
  }
  bool parse_error(std::size_t at, const std::string&,
                   const nlohmann::detail::exception&) override {
    throw Error(ErrorCode::corrupt_data,
                fmt::format("msgpack2 chunk is damaged or cut short at its byte {}", at));
  }

 private:
  bool add(Json value) {
    if (open_.empty()) {
      root_ = std::move(value);
    } else if (open_.back().is_array()) {
      open_.back().push_back(std::move(value));
    } else {
      open_.back()[keys_.back()] = std::move(value);
    }
    return true;
  }
  bool open(Json value) {
    if (open_.size() >= limits_.max_json_depth)
      throw Error(ErrorCode::limit_exceeded,
                  fmt::format("msgpack2 chunk is nested deeper than {}", limits_.max_json_depth));
    open_.push_back(std::move(value));
    keys_.emplace_back();
    return true;
  }
  bool close() {
    Json value = std::move(open_.back());
    open_.pop_back();
    keys_.pop_back();
    return add(std::move(value));
  }

  const Limits& limits_;
  bool raw_;
  Json root_;
  std::vector<Json> open_;
  std::vector<std::string> keys_;
};

// What nlohmann writes in single precision is what has its value there.
void make_single(Json& value) {
  if (value.is_number_float())
    value = static_cast<double>(static_cast<float>(value.get<double>()));
  else if (value.is_structured())
    for (Json& each : value) make_single(each);
}

// MessagePack before its version 2 has no bytes.
void make_text(Json& value) {
  if (value.is_binary())
    value = std::string(value.get_binary().begin(), value.get_binary().end());
  else if (value.is_structured())
    for (Json& each : value) make_text(each);
}

std::string text_of(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_binary()) return {value.get_binary().begin(), value.get_binary().end()};
  return {};
}

}  // namespace

std::vector<Json> decode_msgpack2(const CodecConfig& config, BytesView payload,
                                  const ChunkShape& shape, const Limits& limits) {
  Builder builder(limits, boolean_member(config, "raw", false));
  const auto* const begin = reinterpret_cast<const std::uint8_t*>(payload.data());
  Json::sax_parse(begin, begin + payload.size(), &builder, Json::input_format_t::msgpack);
  Json items = builder.take();
  if (!items.is_array() || items.size() < 2 || text_of(items[items.size() - 2]).empty())
    throw Error(ErrorCode::corrupt_data,
                "msgpack2 chunk is no list that ends with a type and a shape");
  if (items.back() != Json(shape))
    throw Error(ErrorCode::corrupt_data,
                "msgpack2 chunk has another shape than its array's chunks");
  items.erase(items.size() - 1);
  items.erase(items.size() - 1);
  return flatten_objects(std::move(items), shape, "msgpack2");
}

Bytes encode_msgpack2(const CodecConfig& config, std::span<const Json> objects,
                      const ChunkShape& shape) {
  if (shape.empty())
    throw Error(ErrorCode::unsupported,
                "codec msgpack2 has no form for arrays of no dimensions: choose json2");
  Json items = nest_objects(objects, shape);
  if (boolean_member(config, "use_single_float", false)) make_single(items);
  if (!boolean_member(config, "use_bin_type", true)) make_text(items);
  items.push_back("|O");
  items.push_back(shape);
  std::vector<std::uint8_t> out;
  Json::to_msgpack(items, out);
  const BytesView bytes = std::as_bytes(std::span(out));
  return {bytes.begin(), bytes.end()};
}

}  // namespace engram::codec
