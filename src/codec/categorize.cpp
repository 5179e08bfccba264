// numcodecs' categorize of fixed-length text: the number of its label, from 1; 0 where it has none.
// Arrays of objects are in object_categorize.cpp.
#include "codec/categorize.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <string_view>
#include <utility>

#include "base/utf32.hpp"
#include "codec/codecs.hpp"
#include "codec/configuration.hpp"
#include "codec/element_codec.hpp"
#include "codec/numbers.hpp"

namespace engram::codec {
namespace {

class CategorizeCodec final : public ElementCodec {
 public:
  CategorizeCodec(CodecConfig config, const Categories& categories, const DataType& text)
      : ElementCodec(std::move(config), text, categories.stored, Shape::flat) {
    for (const std::string& label : categories.labels) {
      // NumPy compares without the zeros at the end, and cuts a label that is too long.
      Bytes element = to_utf32(label);
      longer_.push_back(element.size() > text.size);
      element.resize(text.size);
      make_big_if_needed(element);
      labels_.push_back(std::move(element));
    }
  }

 private:
  void make_big_if_needed(Bytes& element) const {
    if (decoded_type().order == ByteOrder::little) return;
    for (std::size_t at = 0; at < element.size(); at += 4)
      std::reverse(element.begin() + static_cast<std::ptrdiff_t>(at),
                   element.begin() + static_cast<std::ptrdiff_t>(at + 4));
  }

  void encode_elements(BytesView in, std::span<std::byte> out) const override {
    std::map<std::string_view, std::int64_t> numbers;
    for (std::size_t i = 0; i < labels_.size(); ++i)
      if (!longer_[i]) numbers[as_text(labels_[i])] = static_cast<std::int64_t>(i) + 1;
    const std::size_t count = in.size() / decoded_type().size;
    std::vector<std::int64_t> found(count);
    for (std::size_t i = 0; i < count; ++i) {
      const auto number =
          numbers.find(as_text(in.subspan(i * decoded_type().size, decoded_type().size)));
      found[i] = number == numbers.end() ? 0 : number->second;
    }
    convert_numbers(DataType::integer(8), std::as_bytes(std::span(found)), encoded_type(), out);
  }

  void decode_elements(BytesView in, std::span<std::byte> out) const override {
    const std::size_t count = in.size() / encoded_type().size;
    const auto numbers = load_numbers<std::int64_t>(encoded_type(), in, DataType::integer(8));
    std::fill(out.begin(), out.end(), std::byte{0});
    for (std::size_t i = 0; i < count; ++i) {
      const std::int64_t number = numbers[i];
      if (number < 1 || static_cast<std::uint64_t>(number) > labels_.size()) continue;
      const Bytes& label = labels_[static_cast<std::size_t>(number - 1)];
      std::memcpy(out.data() + i * label.size(), label.data(), label.size());
    }
  }

  std::vector<Bytes> labels_;
  std::vector<bool> longer_;
};

}  // namespace

Categories categories_of(const CodecConfig& config) {
  Categories categories;
  const Json& labels = required_member(config, "labels");
  const bool texts =
      labels.is_array() &&
      std::all_of(labels.begin(), labels.end(), [](const Json& each) { return each.is_string(); });
  if (!texts)
    throw Error(ErrorCode::invalid_argument, "codec categorize: labels is no list of texts");
  for (const Json& each : labels) categories.labels.push_back(each.get<std::string>());
  const DataType usual = DataType::unsigned_integer(1);
  categories.stored = type_member(config, "astype", &usual);
  if (categories.stored.kind > Kind::floating)
    throw Error(ErrorCode::unsupported,
                fmt::format("codec categorize: astype is \"{}\", engram takes numbers",
                            typestr(categories.stored)));
  return categories;
}

BytesCodecPtr make_categorize(const CodecConfig& config, const ChunkElements&) {
  if (const Json* type = optional_member(config, "dtype"); type != nullptr && *type == "|O")
    throw Error(ErrorCode::unsupported,
                "codec categorize of objects: it must be the first filter of an array of objects");
  DataType text = type_member(config, "dtype");
  if (text.kind != Kind::unicode)
    throw Error(ErrorCode::invalid_argument,
                fmt::format("codec categorize: dtype is \"{}\", expected \"|O\" or a \"U\"",
                            typestr(text)));
  const Categories categories = categories_of(config);
  CodecConfig complete{"categorize",
                       {{"labels", categories.labels},
                        {"dtype", typestr(text)},
                        {"astype", typestr(categories.stored)}}};
  return std::make_shared<CategorizeCodec>(std::move(complete), categories, std::move(text));
}

}  // namespace engram::codec
