#include "converters/cli/elements.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "engram/base/error.hpp"

namespace engram::cli {
namespace {

template <typename T>
T load(BytesView bytes) {
  T value{};
  std::memcpy(&value, bytes.data(), sizeof value);
  return value;
}

double half(BytesView bytes) {
  const auto bits = load<std::uint16_t>(bytes);
  const int exponent = bits >> 10 & 0x1f;
  const int fraction = bits & 0x3ff;
  double value = 0;
  if (exponent == 0x1f) {
    value = fraction == 0 ? INFINITY : NAN;
  } else if (exponent == 0) {
    value = std::ldexp(fraction, -24);
  } else {
    value = std::ldexp(fraction + 0x400, exponent - 25);
  }
  return (bits & 0x8000) != 0 ? -value : value;
}

double floating(BytesView bytes) {
  switch (bytes.size()) {
    case 2:
      return half(bytes);
    case 4:
      return static_cast<double>(load<float>(bytes));
    case 8:
      return load<double>(bytes);
    default:
      return static_cast<double>(load<long double>(bytes));
  }
}

std::uint64_t unsigned_integer(BytesView bytes) {
  std::uint64_t value = 0;
  std::memcpy(&value, bytes.data(), std::min(bytes.size(), sizeof value));
  return value;
}

std::int64_t signed_integer(BytesView bytes) {
  const auto shift = 64 - 8 * std::min<std::size_t>(bytes.size(), 8);
  return static_cast<std::int64_t>(unsigned_integer(bytes) << shift) >> shift;
}

void append_utf8(std::string& out, std::uint32_t c) {
  const auto add = [&](std::uint32_t byte) { out += static_cast<char>(byte); };
  if (c < 0x80) {
    add(c);
  } else if (c < 0x800) {
    add(0xc0 | c >> 6);
    add(0x80 | (c & 0x3f));
  } else if (c < 0x10000) {
    add(0xe0 | c >> 12);
    add(0x80 | (c >> 6 & 0x3f));
    add(0x80 | (c & 0x3f));
  } else {
    add(0xf0 | (c >> 18 & 0x07));
    add(0x80 | (c >> 12 & 0x3f));
    add(0x80 | (c >> 6 & 0x3f));
    add(0x80 | (c & 0x3f));
  }
}

std::string utf32_text(BytesView bytes) {
  std::string text;
  std::size_t end = bytes.size() / 4 * 4;
  while (end >= 4 && load<std::uint32_t>(bytes.subspan(end - 4, 4)) == 0) end -= 4;
  for (std::size_t i = 0; i < end; i += 4)
    append_utf8(text, load<std::uint32_t>(bytes.subspan(i, 4)));
  return text;
}

std::string padded_text(BytesView bytes) {
  auto text = as_text(bytes);
  while (!text.empty() && text.back() == '\0') text.remove_suffix(1);
  return std::string(text);
}

Json field_json(const Field& field, BytesView bytes, std::size_t axis) {
  if (axis == field.shape.size()) return element_json(field.type, bytes);
  Json list = Json::array();
  const auto length = field.shape[axis];
  if (length == 0) return list;
  const auto size = bytes.size() / length;
  for (std::uint64_t i = 0; i < length; ++i) {
    list.push_back(field_json(field, bytes.subspan(i * size, size), axis + 1));
  }
  return list;
}

class ArrayElements final : public Elements {
 public:
  explicit ArrayElements(const ArraySource& source)
      : source_(source), type_(source.info().type.little_endian()) {}

  std::uint64_t element_bytes() const override { return std::max<std::uint64_t>(type_.size, 1); }

  void read(const Region& box) override {
    bytes_.resize(checked_multiply(element_count(box.shape), type_.size, "the block"));
    source_.read(box, bytes_);
  }

  void append_json(std::string& out, std::uint64_t index) const override {
    out += dump_json(element_json(type_, element(index)), JsonStyle::line);
  }

  void append_bytes(std::string& out, std::uint64_t index) const override {
    out += as_text(element(index));
  }

 private:
  BytesView element(std::uint64_t index) const {
    return BytesView(bytes_).subspan(index * type_.size, type_.size);
  }

  const ArraySource& source_;
  DataType type_;
  Bytes bytes_;
};

class ObjectElements final : public Elements {
 public:
  explicit ObjectElements(const hdmf::ObjectSource& source) : source_(source) {}

  // Their size is not known before they are read; blocks of some thousands are small.
  std::uint64_t element_bytes() const override { return 4096; }

  void read(const Region& box) override { values_ = source_.read(box); }

  void append_json(std::string& out, std::uint64_t index) const override {
    out += dump_json(value_json(values_.at(index), source_.type()), JsonStyle::line);
  }

  void append_bytes(std::string&, std::uint64_t) const override {
    throw Error(ErrorCode::invalid_argument, "its elements have no fixed size");
  }

 private:
  const hdmf::ObjectSource& source_;
  std::vector<hdmf::Value> values_;
};

Json reference_json(const hdmf::Reference& reference) {
  Json json = Json::object();
  json["path"] = reference.path;
  if (reference.source != ".") json["source"] = reference.source;
  if (reference.object_id) json["object_id"] = *reference.object_id;
  return json;
}

Json region_reference_json(const hdmf::RegionReference& reference) {
  Json json = reference_json(reference.target);
  json["regions"] = Json::array();
  for (const auto& region : reference.regions) {
    Json box = Json::object();
    box["origin"] = region.origin;
    box["shape"] = region.shape;
    json["regions"].push_back(std::move(box));
  }
  return json;
}

}  // namespace

Json element_json(const DataType& type, BytesView element) {
  switch (type.kind) {
    case Kind::boolean:
      return element[0] != std::byte{0};
    case Kind::integer:
      return signed_integer(element);
    case Kind::unsigned_integer:
      return unsigned_integer(element);
    case Kind::floating:
      return floating(element);
    case Kind::complex:
      return Json::array(
          {floating(element.first(type.size / 2)), floating(element.subspan(type.size / 2))});
    case Kind::bytes:
      return padded_text(element);
    case Kind::unicode:
      return utf32_text(element);
    case Kind::opaque:
      return to_base64(element);
    case Kind::datetime:
      return time_text(type, signed_integer(element));
    case Kind::timedelta:
      if (signed_integer(element) == kNotATime) return "NaT";
      return signed_integer(element);
    case Kind::structured:
      break;
  }
  Json json = Json::object();
  for (const auto& field : type.fields) {
    json[field.name] = field_json(field, element.subspan(field.offset, field.size()), 0);
  }
  return json;
}

Json value_json(const hdmf::Value& value) {
  struct Visitor {
    Json operator()(const hdmf::Null&) const { return nullptr; }
    Json operator()(bool v) const { return v; }
    Json operator()(std::int64_t v) const { return v; }
    Json operator()(std::uint64_t v) const { return v; }
    Json operator()(double v) const { return v; }
    Json operator()(const std::complex<double>& v) const {
      return Json::array({v.real(), v.imag()});
    }
    Json operator()(const std::string& v) const { return v; }
    Json operator()(const Bytes& v) const { return to_base64(v); }
    Json operator()(const hdmf::Reference& v) const { return reference_json(v); }
    Json operator()(const hdmf::RegionReference& v) const { return region_reference_json(v); }
    Json operator()(const hdmf::List& v) const {
      Json list = Json::array();
      for (const auto& item : v) list.push_back(value_json(item));
      return list;
    }
    Json operator()(const hdmf::Record& v) const {
      Json json = Json::object();
      for (const auto& [name, item] : v) json[name] = value_json(item);
      return json;
    }
  };
  return std::visit(Visitor{}, value.data);
}

Json value_json(const hdmf::Value& value, const hdmf::ObjectType& type) {
  using ObjectKind = hdmf::ObjectType::Kind;
  if (!value.is<hdmf::List>()) return value_json(value);
  const auto& list = value.as<hdmf::List>();
  if (type.kind == ObjectKind::record && list.size() == type.fields.size()) {
    Json json = Json::object();
    for (std::size_t i = 0; i < list.size(); ++i) {
      json[type.fields[i].name] = value_json(list[i], type.fields[i].type);
    }
    return json;
  }
  if (!type.element) return value_json(value);
  Json json = Json::array();
  for (const auto& item : list) {
    // A list in a list is another dimension of the same array.
    const bool nested =
        type.kind == ObjectKind::array && type.shape.size() > 1 && item.is<hdmf::List>();
    json.push_back(nested ? value_json(item, type) : value_json(item, *type.element));
  }
  return json;
}

std::string describe_type(const hdmf::ObjectType& type) {
  using ObjectKind = hdmf::ObjectType::Kind;
  switch (type.kind) {
    case ObjectKind::text:
      return "text";
    case ObjectKind::reference:
      return "reference";
    case ObjectKind::region_reference:
      return "region reference";
    case ObjectKind::sequence:
      return "sequence of " + (type.element ? describe_type(*type.element) : "?");
    case ObjectKind::array:
      return "array " + to_string(type.shape) + " of " +
             (type.element ? describe_type(*type.element) : "?");
    case ObjectKind::number:
      return typestr(type.type);
    case ObjectKind::record:
      break;
  }
  std::string fields;
  for (const auto& field : type.fields) {
    fields += (fields.empty() ? "" : ", ") + field.name + ": " + describe_type(field.type);
  }
  return "record {" + fields + "}";
}

std::unique_ptr<Elements> elements_of(const hdmf::DatasetBuilder& dataset) {
  if (const auto* source = dataset.array()) return std::make_unique<ArrayElements>(*source);
  return std::make_unique<ObjectElements>(*dataset.objects());
}

}  // namespace engram::cli
