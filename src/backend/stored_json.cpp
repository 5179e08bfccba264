#include "backend/stored_json.hpp"

#include <algorithm>
#include <memory>
#include <utility>

#include "base/json_member.hpp"
#include "engram/base/error.hpp"

namespace engram::backend {
namespace {

using hdmf::ObjectType;
using hdmf::StoredForm;
using hdmf::StoredLayout;

constexpr int kMaxTypeDepth = 32;
constexpr std::size_t kMaxRank = 32;

Json lengths_to_json(const Shape& shape) {
  Json json = Json::array();
  for (const std::uint64_t length : shape)
    json.push_back(length == StoredLayout::kUnlimited ? Json(nullptr) : Json(length));
  return json;
}

std::optional<Shape> lengths_from_json(const Json& json) {
  if (!json.is_array() || json.size() > kMaxRank) return std::nullopt;
  Shape shape;
  for (const Json& length : json) {
    if (!length.is_null() && !length.is_number_unsigned()) return std::nullopt;
    shape.push_back(length.is_null() ? StoredLayout::kUnlimited : length.get<std::uint64_t>());
  }
  return shape;
}

Json number_to_json(const DataType& type) {
  if (type.kind != Kind::structured) return typestr(type);
  Json fields = Json::array();
  for (const Field& field : type.fields)
    fields.push_back({field.name, number_to_json(field.type), lengths_to_json(field.shape)});
  return {{"fields", std::move(fields)}};
}

std::optional<DataType> number_from_json(const Json& json, int depth) {
  if (depth > kMaxTypeDepth) return std::nullopt;
  if (json.is_string()) {
    try {
      return parse_typestr(json.get_ref<const std::string&>());
    } catch (const Error&) {
      return std::nullopt;
    }
  }
  if (!json.is_object() || !json.contains("fields") || !json["fields"].is_array())
    return std::nullopt;
  std::vector<Field> fields;
  for (const Json& each : json["fields"]) {
    if (!each.is_array() || each.size() != 3 || !each[0].is_string()) return std::nullopt;
    auto type = number_from_json(each[1], depth + 1);
    auto shape = lengths_from_json(each[2]);
    if (!type || !shape) return std::nullopt;
    fields.push_back({each[0].get<std::string>(), std::move(*type), std::move(*shape), 0});
  }
  try {
    return DataType::structured(std::move(fields));
  } catch (const Error&) {
    return std::nullopt;
  }
}

std::optional<ObjectType> type_from_json(const Json& json, int depth);

std::shared_ptr<const ObjectType> element_from_json(const Json& json, int depth) {
  auto element = type_from_json(json, depth + 1);
  return element ? std::make_shared<const ObjectType>(std::move(*element)) : nullptr;
}

std::optional<ObjectType> text_from_json(const Json& json) {
  ObjectType type;
  type.charset =
      is_text(json["text"], "ascii") ? ObjectType::Charset::ascii : ObjectType::Charset::utf8;
  if (const auto length = json.find("length"); length != json.end()) {
    if (!length->is_number_unsigned() || *length > UINT32_MAX) return std::nullopt;
    type.fixed_length = length->get<std::uint64_t>();
  }
  return type;
}

std::optional<ObjectType> record_from_json(const Json& fields, int depth) {
  if (!fields.is_array()) return std::nullopt;
  ObjectType type;
  type.kind = ObjectType::Kind::record;
  for (const Json& each : fields) {
    if (!each.is_array() || each.size() != 2 || !each[0].is_string()) return std::nullopt;
    auto field = type_from_json(each[1], depth + 1);
    if (!field) return std::nullopt;
    type.fields.push_back({each[0].get<std::string>(), std::move(*field)});
  }
  return type;
}

std::optional<ObjectType> type_from_json(const Json& json, int depth) {
  if (depth > kMaxTypeDepth) return std::nullopt;
  ObjectType type;
  const bool is_region = is_text(json, "region");
  if (is_region || is_text(json, "reference")) {
    type.kind = is_region ? ObjectType::Kind::region_reference : ObjectType::Kind::reference;
    return type;
  }
  if (json.is_string() || (json.is_object() && json.contains("fields"))) {
    auto number = number_from_json(json, depth);
    if (!number) return std::nullopt;
    type.kind = ObjectType::Kind::number;
    type.type = std::move(*number);
    return type;
  }
  if (!json.is_object()) return std::nullopt;
  if (json.contains("text")) return text_from_json(json);
  if (json.contains("record")) return record_from_json(json["record"], depth);
  const bool is_array = json.contains("array");
  if (!is_array && !json.contains("sequence")) return std::nullopt;
  type.kind = is_array ? ObjectType::Kind::array : ObjectType::Kind::sequence;
  type.element = element_from_json(json[is_array ? "array" : "sequence"], depth);
  if (!type.element) return std::nullopt;
  if (is_array) {
    auto shape = lengths_from_json(member_or_null(json, "shape"));
    if (!shape || std::find(shape->begin(), shape->end(), StoredLayout::kUnlimited) != shape->end())
      return std::nullopt;
    type.shape = std::move(*shape);
  }
  return type;
}

Json form_to_json(const StoredForm& form) {
  Json json = Json::object();
  json["type"] = stored_type_to_json(form.type);
  if (form.is_null)
    json["null"] = true;
  else if (!form.shape.empty())
    json["shape"] = lengths_to_json(form.shape);
  return json;
}

std::optional<StoredForm> form_from_json(const Json& json) {
  if (!json.is_object()) return std::nullopt;
  auto type = stored_type_from_json(member_or_null(json, "type"));
  if (!type) return std::nullopt;
  StoredForm form{std::move(*type), {}, member_or_null(json, "null") == true};
  if (json.contains("shape")) {
    auto shape = lengths_from_json(json["shape"]);
    if (!shape) return std::nullopt;
    form.shape = std::move(*shape);
  }
  return form;
}

void add_attributes(const hdmf::Attributes& attributes, Json& node) {
  for (const auto& [name, value] : attributes)
    if (const StoredForm* form = attributes.form(name))
      node["attributes"][name] = form_to_json(*form);
}

// What a reader of the store finds by itself.
bool is_plain(const ObjectType& type) {
  return type == ObjectType() || type.kind == ObjectType::Kind::reference ||
         type.kind == ObjectType::Kind::region_reference;
}

bool is_small(const ArraySource& array) {
  const ArrayInfo& info = array.info();
  return element_count(info.shape) * info.type.size <= StoredLayout::kSmallBytes;
}

void add_layout(const hdmf::DatasetBuilder& dataset, Json& node) {
  const StoredLayout& stored = dataset.stored;
  if (!stored.max_shape.empty()) node["max_shape"] = lengths_to_json(stored.max_shape);
  if (const ArraySource* array = dataset.array()) {
    if (stored.checksum) node["checksum"] = true;
    // Small ones are contiguous unless something is said.
    if (stored.contiguous && !dataset.shape().empty() && *stored.contiguous != is_small(*array))
      node["contiguous"] = *stored.contiguous;
    return;
  }
  if (!stored.chunk_shape.empty()) node["chunks"] = lengths_to_json(stored.chunk_shape);
  for (const CodecConfig& codec : stored.codecs)
    node["codecs"].push_back({codec.name, codec.configuration});
  if (!is_plain(dataset.objects()->type()))
    node["type"] = stored_type_to_json(dataset.objects()->type());
}

void add_group(const hdmf::GroupBuilder& group, const std::string& path, Json& json) {
  const auto put = [&](const std::string& place, Json node) {
    if (!node.empty()) json[place] = std::move(node);
  };
  Json own = Json::object();
  add_attributes(group.attributes, own);
  put(path, std::move(own));
  for (const hdmf::DatasetBuilder& dataset : group.datasets) {
    Json node = Json::object();
    add_attributes(dataset.attributes, node);
    if (dataset.array() != nullptr || dataset.objects() != nullptr) add_layout(dataset, node);
    put(hdmf::join_path(path, dataset.name), std::move(node));
  }
  for (const hdmf::GroupBuilder& child : group.groups)
    add_group(child, hdmf::join_path(path, child.name), json);
}

void apply_attributes(const Json& node, hdmf::Attributes& attributes) {
  const Json& forms = member_or_null(node, "attributes");
  if (!forms.is_object()) return;
  for (const auto& [name, json] : forms.items()) {
    const hdmf::Value* value = attributes.find(name);
    auto form = value == nullptr ? std::nullopt : form_from_json(json);
    if (!form || !hdmf::can_hold(*form, *value)) continue;
    attributes.replace(name, hdmf::restored(*form, *value));
    attributes.set_form(name, std::move(*form));
  }
}

// Nothing where the lengths are not those of an array of `shape`.
Shape fitting(const Json& json, const Shape& shape, bool is_limit) {
  auto lengths = lengths_from_json(json);
  if (!lengths || lengths->size() != shape.size()) return {};
  for (std::size_t d = 0; d < shape.size(); ++d) {
    const std::uint64_t length = (*lengths)[d];
    if (is_limit ? length < shape[d] : length == 0 || length == StoredLayout::kUnlimited) return {};
  }
  return std::move(*lengths);
}

void apply_layout(const Json& node, hdmf::DatasetBuilder& dataset) {
  if (const Json& contiguous = member_or_null(node, "contiguous"); contiguous.is_boolean())
    dataset.stored.contiguous = contiguous.get<bool>();
  dataset.stored.checksum = member_or_null(node, "checksum") == true;
  dataset.stored.max_shape = fitting(member_or_null(node, "max_shape"), dataset.shape(), true);
  if (dataset.objects() != nullptr)
    dataset.stored.chunk_shape = fitting(member_or_null(node, "chunks"), dataset.shape(), false);
  const Json& codecs = member_or_null(node, "codecs");
  if (dataset.stored.chunk_shape.empty() || !codecs.is_array()) return;
  for (const Json& codec : codecs)
    if (codec.is_array() && codec.size() == 2 && codec[0].is_string() && codec[1].is_object())
      dataset.stored.codecs.push_back({codec[0].get<std::string>(), codec[1]});
}

const Json* node_at(const Json& json, const std::string& path) {
  if (!json.is_object()) return nullptr;
  const auto found = json.find(path);
  return found != json.end() && found->is_object() ? &*found : nullptr;
}

void apply_group(const Json& json, const std::string& path, hdmf::GroupBuilder& group) {
  if (const Json* node = node_at(json, path)) apply_attributes(*node, group.attributes);
  for (hdmf::DatasetBuilder& dataset : group.datasets) {
    const Json* node = node_at(json, hdmf::join_path(path, dataset.name));
    if (json.is_object() && dataset.array() != nullptr)
      dataset.stored.contiguous = is_small(*dataset.array());
    if (node == nullptr) continue;
    apply_attributes(*node, dataset.attributes);
    apply_layout(*node, dataset);
  }
  for (hdmf::GroupBuilder& child : group.groups)
    apply_group(json, hdmf::join_path(path, child.name), child);
}

}  // namespace

Json stored_type_to_json(const ObjectType& type) {
  switch (type.kind) {
    case ObjectType::Kind::text: {
      Json json{{"text", type.charset == ObjectType::Charset::ascii ? "ascii" : "utf8"}};
      if (type.fixed_length != 0) json["length"] = type.fixed_length;
      return json;
    }
    case ObjectType::Kind::reference:
      return "reference";
    case ObjectType::Kind::region_reference:
      return "region";
    case ObjectType::Kind::sequence:
      return {{"sequence", stored_type_to_json(*type.element)}};
    case ObjectType::Kind::array:
      return {{"array", stored_type_to_json(*type.element)},
              {"shape", lengths_to_json(type.shape)}};
    case ObjectType::Kind::record: {
      Json fields = Json::array();
      for (const hdmf::ObjectField& field : type.fields)
        fields.push_back({field.name, stored_type_to_json(field.type)});
      return {{"record", std::move(fields)}};
    }
    case ObjectType::Kind::number:
      break;
  }
  return number_to_json(type.type);
}

std::optional<ObjectType> stored_type_from_json(const Json& json) {
  return type_from_json(json, 0);
}

bool knows_hdf5(const hdmf::GroupBuilder& group) {
  return std::any_of(group.datasets.begin(), group.datasets.end(),
                     [](const auto& dataset) { return dataset.stored.contiguous.has_value(); }) ||
         std::any_of(group.groups.begin(), group.groups.end(), knows_hdf5);
}

Json stored_to_json(const hdmf::GroupBuilder& root) {
  Json json = Json::object();
  add_group(root, "/", json);
  return json.empty() && !knows_hdf5(root) ? Json() : json;
}

void apply_stored(const Json& json, hdmf::GroupBuilder& root) { apply_group(json, "/", root); }

std::optional<ObjectType> stored_object_type(const Json& json, const std::string& path) {
  const Json* node = node_at(json, path);
  return node == nullptr ? std::nullopt : stored_type_from_json(member_or_null(*node, "type"));
}

}  // namespace engram::backend
