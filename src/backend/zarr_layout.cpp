#include "backend/zarr_layout.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>

#include "base/json_member.hpp"
#include "engram/base/error.hpp"

namespace engram::backend::layout {
namespace {

using hdmf::Null;
using hdmf::ObjectType;
using hdmf::Reference;
using hdmf::RegionReference;
using hdmf::Value;

Json optional_text(const std::optional<std::string>& text) {
  return text ? Json(*text) : Json(nullptr);
}

std::optional<std::string> text_member(const Json& json, std::string_view name) {
  const auto found = json.find(name);
  if (found == json.end() || !found->is_string()) return std::nullopt;
  return found->get<std::string>();
}

std::string absolute(const std::string& path) { return path.starts_with('/') ? path : "/" + path; }

// How references are wrapped is the one difference between attributes and elements, and between
// Zarr v2 and v3.
enum class In { attribute, attribute_v3, element };

Json to_json(const Value& value, In place);

Json plain_reference(const Reference& reference) {
  return {{"source", reference.source}, {"path", reference.path}};
}

struct ToJson {
  In place;

  Json operator()(const Null&) const { return nullptr; }
  Json operator()(bool value) const { return value; }
  Json operator()(std::int64_t value) const { return value; }
  Json operator()(std::uint64_t value) const { return value; }
  Json operator()(double value) const { return value; }
  Json operator()(const std::complex<double>& value) const {
    return Json::array({value.real(), value.imag()});
  }
  Json operator()(const std::string& text) const { return text; }
  Json operator()(const Bytes& bytes) const {
    Json json = Json::object();
    json[std::string(kOpaqueValue)] = to_base64(bytes);
    return json;
  }
  Json operator()(const Reference& reference) const {
    if (place == In::element) return reference_to_json(reference);
    Json json = Json::object();
    if (place == In::attribute_v3) {
      json[std::string(kReferenceV3)] = plain_reference(reference);
      return json;
    }
    json[std::string(kReferenceValue)] = reference_to_json(reference);
    json[std::string(kZarrDtype)] = kObject;
    return json;
  }
  Json operator()(const RegionReference& region) const {
    if (place == In::element) return region_to_json(region);
    Json json = Json::object();
    json[std::string(kRegionValue)] = region_to_json(region);
    return json;
  }
  Json operator()(const hdmf::List& list) const {
    Json json = Json::array();
    for (const Value& item : list) json.push_back(to_json(item, place));
    return json;
  }
  Json operator()(const hdmf::Record& record) const {
    Json json = Json::object();
    for (const auto& [name, field] : record) json[name] = to_json(field, place);
    return json;
  }
};

Json to_json(const Value& value, In place) { return std::visit(ToJson{place}, value.data); }

std::optional<Value> reserved_from_json(const Json& json) {
  if (json.size() == 1) {
    if (const auto reference = json.find(kReferenceV3); reference != json.end())
      if (auto parsed = reference_from_json(*reference)) return Value(std::move(*parsed));
    if (const auto opaque = text_member(json, kOpaqueValue)) return Value(from_base64(*opaque));
    if (const auto region = json.find(kRegionValue); region != json.end())
      if (auto parsed = region_from_json(*region)) return Value(std::move(*parsed));
  }
  if (text_member(json, kZarrDtype) == std::string(kObject) && json.contains(kReferenceValue)) {
    if (json[std::string(kReferenceValue)].is_null()) return Value(Null{});
    if (auto reference = reference_from_json(json[std::string(kReferenceValue)]))
      return Value(std::move(*reference));
  }
  return std::nullopt;
}

Value integer_from_json(const Json& json) {
  if (!json.is_number_unsigned()) return json.get<std::int64_t>();
  const auto value = json.get<std::uint64_t>();
  if (value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) return value;
  return static_cast<std::int64_t>(value);
}

Value number_from_json(const DataType& type, const Json& json) {
  switch (type.kind) {
    case Kind::boolean:
      if (json.is_number_integer()) return json.get<std::int64_t>() != 0;
      break;
    case Kind::unsigned_integer:
      if (json.is_number_unsigned()) return json.get<std::uint64_t>();
      break;
    case Kind::floating:
      if (json.is_number()) return json.get<double>();
      break;
    case Kind::complex:
      if (json.is_array() && json.size() == 2 && json[0].is_number() && json[1].is_number())
        return std::complex<double>(json[0].get<double>(), json[1].get<double>());
      break;
    case Kind::structured: {
      if (!json.is_array() || json.size() != type.fields.size()) break;
      hdmf::List list;
      for (std::size_t i = 0; i < json.size(); ++i)
        list.push_back(type.fields[i].shape.empty() ? number_from_json(type.fields[i].type, json[i])
                                                    : attribute_from_json(json[i]));
      return list;
    }
    default:
      break;
  }
  return attribute_from_json(json);
}

Value list_from_json(const ObjectType& element, std::size_t depth, const Json& json) {
  if (!json.is_array()) return attribute_from_json(json);
  hdmf::List list;
  for (const Json& item : json)
    list.push_back(depth > 1 ? list_from_json(element, depth - 1, item)
                             : element_from_json(element, item));
  return list;
}

Value row_from_json(const ObjectType& type, const Json& json) {
  if (!json.is_array() || json.size() != type.fields.size()) return attribute_from_json(json);
  hdmf::List row;
  for (std::size_t i = 0; i < json.size(); ++i)
    row.push_back(element_from_json(type.fields[i].type, json[i]));
  return row;
}

std::optional<DataType> number_named(const std::string& name) {
  struct Named {
    std::string_view name, typestr;
  };
  static constexpr std::array kNames = {
      Named{"bool", "|b1"},      Named{"bool_", "|b1"},       Named{"int8", "|i1"},
      Named{"int16", "<i2"},     Named{"int32", "<i4"},       Named{"int64", "<i8"},
      Named{"uint8", "|u1"},     Named{"uint16", "<u2"},      Named{"uint32", "<u4"},
      Named{"uint64", "<u8"},    Named{"float16", "<f2"},     Named{"float32", "<f4"},
      Named{"float64", "<f8"},   Named{"longdouble", "<f16"}, Named{"float128", "<f16"},
      Named{"complex64", "<c8"}, Named{"complex128", "<c16"}, Named{"int", "<i8"},
      Named{"float", "<f8"}};
  const auto found = std::find_if(kNames.begin(), kNames.end(),
                                  [&](const Named& named) { return named.name == name; });
  try {
    return parse_typestr(found != kNames.end() ? found->typestr : std::string_view(name));
  } catch (const Error&) {
    return std::nullopt;
  }
}

std::optional<ObjectType> parse_named(const std::string& name) {
  ObjectType type;
  if (name == "str" || name == "str_" || name == "utf8" || name == "text") return type;
  if (name == "bytes" || name == "bytes_" || name == "ascii") {
    type.charset = ObjectType::Charset::ascii;
    return type;
  }
  if (name == kObject || name == kRegion) {
    type.kind = name == kObject ? ObjectType::Kind::reference : ObjectType::Kind::region_reference;
    return type;
  }
  const auto number = number_named(name);
  if (!number) return std::nullopt;
  type.kind = ObjectType::Kind::number;
  type.type = *number;
  return type;
}

std::optional<ObjectType> parse_fields(const Json& spelled) {
  ObjectType type;
  type.kind = ObjectType::Kind::record;
  for (const Json& item : spelled) {
    if (!item.is_object() || !item.contains("dtype")) return std::nullopt;
    const auto name = text_member(item, "name");
    auto field = parse_type(item["dtype"]);
    if (!name || !field) return std::nullopt;
    type.fields.push_back({*name, std::move(*field)});
  }
  return type;
}

// A number with a point, or below zero, is none: nothing is made of it.
std::optional<Shape> whole_numbers(const Json& json) {
  if (!json.is_array()) return std::nullopt;
  Shape numbers;
  for (const Json& number : json) {
    if (!number.is_number_unsigned()) return std::nullopt;
    numbers.push_back(number.get<std::uint64_t>());
  }
  return numbers;
}

std::optional<ObjectType> parse_lists(const Json& spelled) {
  ObjectType type;
  const bool is_sequence = spelled.contains("sequence");
  if (!is_sequence && !spelled.contains("array")) return std::nullopt;
  type.kind = is_sequence ? ObjectType::Kind::sequence : ObjectType::Kind::array;
  auto element = parse_type(spelled[is_sequence ? "sequence" : "array"]);
  if (!element) return std::nullopt;
  type.element = std::make_shared<const ObjectType>(std::move(*element));
  if (is_sequence) return type;
  auto shape = whole_numbers(member_or_null(spelled, "shape"));
  if (!shape) return std::nullopt;
  type.shape = std::move(*shape);
  return type;
}

// hdmf-zarr 0.9 and 0.10 wrote `source` relative to the directory that holds the store, so that a
// store names itself in its own links.
std::string source_from_json(const std::string& source, std::string_view store_name) {
  while (store_name.ends_with('/')) store_name.remove_suffix(1);
  const std::string_view own = store_name.substr(store_name.rfind('/') + 1);
  const bool is_own = source.empty() || source == "." || source == "./" || source == own ||
                      source == fmt::format("./{}", own) || source == fmt::format("../{}", own) ||
                      source == store_name;
  return is_own ? "." : source;
}

}  // namespace

bool is_reserved_attribute(std::string_view name, int zarr_format) noexcept {
  const bool is_of_v3 = name == kDtypeV3 || name == kLinksV3 || name == kReferenceFieldsV3;
  return name == kZarrDtype || name == kZarrLink || name == kEnumeration || name == kDataspace ||
         name == kType || (zarr_format == 3 && is_of_v3);
}

bool is_reserved_name(std::string_view name, int zarr_format) noexcept {
  if (zarr_format == 3) return name == "zarr.json";
  return name == ".zarray" || name == ".zgroup" || name == ".zattrs" || name == ".zmetadata";
}

Json reference_to_json(const Reference& reference) {
  Json json = Json::object();
  json["object_id"] = optional_text(reference.object_id);
  json["path"] = reference.path;
  json["source"] = reference.source;
  json["source_object_id"] = optional_text(reference.source_object_id);
  return json;
}

Json region_to_json(const RegionReference& region) {
  Json json = reference_to_json(region.target);
  Json boxes = Json::array();
  for (const Region& box : region.regions) {
    Json item = Json::object();
    item["origin"] = box.origin;
    item["shape"] = box.shape;
    boxes.push_back(std::move(item));
  }
  json["regions"] = std::move(boxes);
  return json;
}

std::optional<Reference> reference_from_json(const Json& json) {
  if (!json.is_object()) return std::nullopt;
  const auto path = text_member(json, "path");
  if (!path) return std::nullopt;
  Reference reference;
  reference.path = absolute(*path);
  reference.source = text_member(json, "source").value_or(".");
  reference.object_id = text_member(json, "object_id");
  reference.source_object_id = text_member(json, "source_object_id");
  return reference;
}

std::optional<RegionReference> region_from_json(const Json& json) {
  auto target = reference_from_json(json);
  if (!target) return std::nullopt;
  const auto boxes = json.find("regions");
  if (boxes == json.end() || !boxes->is_array()) return std::nullopt;
  RegionReference region{std::move(*target), {}};
  for (const Json& box : *boxes) {
    if (!box.is_object()) return std::nullopt;
    auto origin = whole_numbers(member_or_null(box, "origin"));
    auto shape = whole_numbers(member_or_null(box, "shape"));
    if (!origin || !shape) return std::nullopt;
    region.regions.push_back({std::move(*origin), std::move(*shape)});
  }
  return region;
}

Json attribute_to_json(const Value& value, int zarr_format) {
  return to_json(value, zarr_format == 3 ? In::attribute_v3 : In::attribute);
}

Value attribute_from_json(const Json& json) {
  if (json.is_null()) return Null{};
  if (json.is_boolean()) return json.get<bool>();
  if (json.is_number_integer()) return integer_from_json(json);
  if (json.is_number()) return json.get<double>();
  if (json.is_string()) return json.get<std::string>();
  if (json.is_array()) {
    hdmf::List list;
    for (const Json& item : json) list.push_back(attribute_from_json(item));
    return list;
  }
  if (auto reserved = reserved_from_json(json)) return std::move(*reserved);
  hdmf::Record record;
  for (const auto& [name, field] : json.items())
    record.emplace_back(name, attribute_from_json(field));
  return record;
}

Json element_to_json(const Value& value) { return to_json(value, In::element); }

Value element_from_json(const ObjectType& type, const Json& json) {
  switch (type.kind) {
    case ObjectType::Kind::reference:
      if (auto reference = reference_from_json(json)) return std::move(*reference);
      return attribute_from_json(json);
    case ObjectType::Kind::region_reference:
      if (auto region = region_from_json(json)) return std::move(*region);
      return attribute_from_json(json);
    case ObjectType::Kind::number:
      return number_from_json(type.type, json);
    case ObjectType::Kind::sequence:
      return list_from_json(*type.element, 1, json);
    case ObjectType::Kind::array:
      return list_from_json(*type.element, type.shape.size(), json);
    case ObjectType::Kind::record:
      return row_from_json(type, json);
    case ObjectType::Kind::text:
      break;
  }
  return attribute_from_json(json);
}

Value element_from_text(const ObjectType& type, const std::string& text) {
  if (type.kind == ObjectType::Kind::reference) {
    if (text.empty()) return Null{};
    if (!text.starts_with('{') && text != "null") {
      Reference reference;
      reference.path = absolute(text);
      return reference;
    }
  }
  return element_from_json(type, parse_json(text));
}

std::string reference_to_text(const Reference& reference) {
  if (reference.source == ".") return reference.path;
  return dump_json(plain_reference(reference), JsonStyle::line);
}

Json links_to_json(const std::vector<hdmf::LinkBuilder>& links) {
  Json list = Json::array();
  for (const hdmf::LinkBuilder& link : links) {
    Json item = Json::object();
    item["name"] = link.name;
    item["path"] = link.path;
    item["source"] = link.source;
    list.push_back(std::move(item));
  }
  return list;
}

std::vector<hdmf::LinkBuilder> links_from_json(const Json& json, std::string_view store_name) {
  const auto refuse = [&] {
    throw Error(ErrorCode::corrupt_data,
                fmt::format("attribute {} is no list of objects with \"name\", \"path\" and "
                            "\"source\"",
                            kZarrLink));
  };
  if (!json.is_array()) refuse();
  std::vector<hdmf::LinkBuilder> links;
  for (const Json& item : json) {
    if (!item.is_object()) refuse();
    auto name = text_member(item, "name");
    auto path = text_member(item, "path");
    if (!name || !path) refuse();
    links.push_back({std::move(*name),
                     source_from_json(text_member(item, "source").value_or("."), store_name),
                     absolute(*path)});
  }
  return links;
}

Json spell(const DataType& type) {
  if (type.kind != Kind::structured) return type_name(type);
  Json list = Json::array();
  for (const Field& field : type.fields) {
    Json item = Json::object();
    item["dtype"] = field.type.kind == Kind::unicode ? Json("str_") : spell(field.type);
    item["name"] = field.name;
    list.push_back(std::move(item));
  }
  return list;
}

Json spell(const ObjectType& type) {
  const auto spell_in_record = [](const ObjectType& field) -> Json {
    if (field.kind != ObjectType::Kind::text) return spell(field);
    return field.charset == ObjectType::Charset::utf8 ? "str_" : "bytes_";
  };
  switch (type.kind) {
    case ObjectType::Kind::reference:
      return kObject;
    case ObjectType::Kind::region_reference:
      return kRegion;
    case ObjectType::Kind::number:
      // NumPy calls bytes of any length "void"; their type string tells how many.
      return type.type.kind == Kind::opaque ? Json(typestr(type.type)) : spell(type.type);
    case ObjectType::Kind::sequence:
    case ObjectType::Kind::array: {
      Json json = Json::object();
      const bool is_sequence = type.kind == ObjectType::Kind::sequence;
      json[is_sequence ? "sequence" : "array"] = spell(*type.element);
      if (!is_sequence) json["shape"] = type.shape;
      return json;
    }
    case ObjectType::Kind::record: {
      Json list = Json::array();
      for (const hdmf::ObjectField& field : type.fields) {
        Json item = Json::object();
        item["dtype"] = spell_in_record(field.type);
        item["name"] = field.name;
        list.push_back(std::move(item));
      }
      return list;
    }
    case ObjectType::Kind::text:
      break;
  }
  const bool is_utf8 = type.charset == ObjectType::Charset::utf8 && type.fixed_length == 0;
  return is_utf8 ? "str" : "bytes";
}

void move_to_extension(Json& attributes, Json& extensions) {
  Json own = Json::object();
  for (const std::string_view name : {kZarrDtype, kType, kEnumeration, kDataspace}) {
    const auto found = attributes.find(name);
    if (found == attributes.end()) continue;
    own[std::string(name)] = std::move(*found);
    attributes.erase(found);
  }
  if (own.empty()) return;
  own["must_understand"] = false;
  extensions[std::string(kExtensionV3)] = std::move(own);
}

std::optional<ObjectType> parse_type(const Json& spelled) {
  if (spelled.is_string()) return parse_named(spelled.get<std::string>());
  if (spelled.is_array()) return parse_fields(spelled);
  if (spelled.is_object()) return parse_lists(spelled);
  return std::nullopt;
}

}  // namespace engram::backend::layout
