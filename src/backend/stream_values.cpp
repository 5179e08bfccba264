#include "backend/stream_values.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "backend/zarr_layout.hpp"
#include "engram/base/error.hpp"

namespace engram::backend {
namespace {

using hdmf::ObjectType;
using hdmf::Value;

bool fits(const ObjectType& type, const Value& value);

// `value` as `depth` levels of lists, of type.shape, of the element's type.
bool fits_array(const ObjectType& type, std::size_t depth, const Value& value) {
  if (depth == type.shape.size()) return fits(*type.element, value);
  if (!value.is<hdmf::List>() || value.as<hdmf::List>().size() != type.shape[depth]) return false;
  const auto& list = value.as<hdmf::List>();
  return std::all_of(list.begin(), list.end(),
                     [&](const Value& item) { return fits_array(type, depth + 1, item); });
}

bool fits_record(const ObjectType& type, const Value& value) {
  if (!value.is<hdmf::List>() || value.as<hdmf::List>().size() != type.fields.size()) return false;
  const auto& list = value.as<hdmf::List>();
  for (std::size_t i = 0; i < list.size(); ++i)
    if (!fits(type.fields[i].type, list[i])) return false;
  return true;
}

bool fits_number(const Value& value) {
  return value.is<bool>() || value.is<std::int64_t>() || value.is<std::uint64_t>() ||
         value.is<double>() || value.is<std::complex<double>>() || value.is<Bytes>() ||
         value.is<hdmf::List>();
}

bool fits(const ObjectType& type, const Value& value) {
  switch (type.kind) {
    case ObjectType::Kind::text:
      return value.is<std::string>();
    case ObjectType::Kind::reference:
      return value.is<hdmf::Reference>() || value.is<hdmf::Null>();
    case ObjectType::Kind::region_reference:
      return value.is<hdmf::RegionReference>() || value.is<hdmf::Null>();
    case ObjectType::Kind::sequence: {
      if (!value.is<hdmf::List>()) return false;
      const auto& list = value.as<hdmf::List>();
      return std::all_of(list.begin(), list.end(),
                         [&](const Value& item) { return fits(*type.element, item); });
    }
    case ObjectType::Kind::array:
      return fits_array(type, 0, value);
    case ObjectType::Kind::record:
      return fits_record(type, value);
    case ObjectType::Kind::number:
      return fits_number(value);
  }
  return false;
}

const char* name_of(ObjectType::Kind kind) {
  switch (kind) {
    case ObjectType::Kind::text:
      return "text";
    case ObjectType::Kind::reference:
      return "object reference";
    case ObjectType::Kind::region_reference:
      return "region reference";
    case ObjectType::Kind::sequence:
      return "sequence of the dataset's type";
    case ObjectType::Kind::array:
      return "array of the dataset's type and shape";
    case ObjectType::Kind::record:
      return "row with the dataset's fields";
    case ObjectType::Kind::number:
      break;
  }
  return "number";
}

Json object_of(const Value& value, const ObjectType& type, const std::string& codec) {
  if (codec == "vlen-bytes") {
    const auto& text = value.as<std::string>();
    const auto* const first = reinterpret_cast<const std::uint8_t*>(text.data());
    return Json::binary({first, first + text.size()});
  }
  Json json = layout::element_to_json(value);
  // References and records lie in arrays of text as JSON.
  if (codec == "vlen-utf8" && type.kind != ObjectType::Kind::text)
    return dump_json(json, JsonStyle::compact);
  return json;
}

}  // namespace

std::vector<Json> objects_of(std::span<const Value> values, const ObjectType& type,
                             const zarr::ArrayMetadata& metadata) {
  const std::string& codec = metadata.codecs.front().name;
  std::vector<Json> objects;
  objects.reserve(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    const bool is_text = type.kind == ObjectType::Kind::text;
    if (!fits(type, values[i]) || (codec == "vlen-bytes" && !is_text))
      throw Error(ErrorCode::invalid_argument,
                  fmt::format("value {} of the {} given is no {}, which the dataset holds", i,
                              values.size(), name_of(type.kind)));
    if (codec != "vlen-bytes" && is_text && !is_utf8(values[i].as<std::string>()))
      throw Error(ErrorCode::invalid_argument,
                  fmt::format("value {} of the {} given is no UTF-8, as the dataset's text is", i,
                              values.size()));
    objects.push_back(object_of(values[i], type, codec));
  }
  return objects;
}

ObjectType object_type_of(const zarr::ArrayMetadata& metadata, const Json& attributes) {
  for (const std::string_view name : {layout::kType, layout::kZarrDtype}) {
    const auto spelled = attributes.find(name);
    if (spelled == attributes.end()) continue;
    auto type = layout::parse_type(*spelled);
    if (type && type->kind != ObjectType::Kind::number) return *type;
  }
  ObjectType text;
  const bool is_bytes = !metadata.codecs.empty() && metadata.codecs.front().name == "vlen-bytes";
  text.charset = is_bytes ? ObjectType::Charset::ascii : ObjectType::Charset::utf8;
  return text;
}

}  // namespace engram::backend
