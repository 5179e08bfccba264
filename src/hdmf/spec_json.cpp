// Specs in the words of the HDMF specification language.

#include "engram/hdmf/spec.hpp"

namespace engram::hdmf {
namespace {

Json dtype_json(const Dtype& dtype) {
  if (const std::string* name = dtype.primitive()) return *name;
  if (const ReferenceDtype* reference = dtype.reference())
    return {{"target_type", reference->target_type}, {"reftype", reference->reference_type}};
  Json fields = Json::array();
  for (const DtypeField& field : *dtype.fields())
    fields.push_back(
        {{"name", field.name}, {"doc", field.doc}, {"dtype", dtype_json(field.dtype)}});
  return fields;
}

Json length_json(const std::optional<std::uint64_t>& length) {
  return length ? Json(*length) : Json();
}

Json lengths_json(const std::vector<std::optional<std::uint64_t>>& lengths) {
  Json list = Json::array();
  for (const auto& length : lengths) list.push_back(length_json(length));
  return list;
}

template <typename Alternatives, typename ToJson>
Json alternatives_json(const Alternatives& alternatives, const ToJson& to_json) {
  if (alternatives.size() == 1) return to_json(alternatives.front());
  Json list = Json::array();
  for (const auto& one : alternatives) list.push_back(to_json(one));
  return list;
}

template <typename Spec>
void put_data(const Spec& spec, Json& json) {
  if (!spec.dtype.is_any()) json["dtype"] = dtype_json(spec.dtype);
  if (!spec.dimensions.is_any()) {
    json["shape"] = alternatives_json(spec.dimensions.shapes, lengths_json);
    json["dims"] = alternatives_json(
        spec.dimensions.names, [](const std::vector<std::string>& names) { return Json(names); });
  }
  if (!spec.value.is_null()) json["value"] = spec.value;
  if (!spec.default_value.is_null()) json["default_value"] = spec.default_value;
}

void put_quantity(const Quantity& quantity, Json& json) {
  if (quantity == Quantity{}) return;
  if (quantity.most == quantity.least) {
    json["quantity"] = quantity.least;
  } else if (quantity.most) {
    json["quantity"] = "?";
  } else {
    json["quantity"] = quantity.least == 0 ? "*" : "+";
  }
}

Json attribute_json(const AttributeSpec& spec) {
  Json json = {{"name", spec.name}, {"doc", spec.doc}};
  put_data(spec, json);
  if (!spec.is_required) json["required"] = false;
  return json;
}

Json node_json(const NodeSpec& spec) {
  Json json = Json::object();
  if (spec.type_def) json["data_type_def"] = *spec.type_def;
  if (spec.type_inc) json["data_type_inc"] = *spec.type_inc;
  if (spec.name) json["name"] = *spec.name;
  if (spec.default_name) json["default_name"] = *spec.default_name;
  json["doc"] = spec.doc;
  put_quantity(spec.quantity, json);
  if (!spec.is_linkable) json["linkable"] = false;
  for (const AttributeSpec& attribute : spec.attributes)
    json["attributes"].push_back(attribute_json(attribute));
  return json;
}

Json link_json(const LinkSpec& spec) {
  Json json = Json::object();
  if (spec.name) json["name"] = *spec.name;
  json["doc"] = spec.doc;
  json["target_type"] = spec.target_type;
  put_quantity(spec.quantity, json);
  return json;
}

}  // namespace

Json to_json(const DatasetSpec& spec) {
  Json json = node_json(spec);
  put_data(spec, json);
  return json;
}

Json to_json(const GroupSpec& spec) {
  Json json = node_json(spec);
  for (const GroupSpec& group : spec.groups) json["groups"].push_back(to_json(group));
  for (const DatasetSpec& dataset : spec.datasets) json["datasets"].push_back(to_json(dataset));
  for (const LinkSpec& link : spec.links) json["links"].push_back(link_json(link));
  return json;
}

Json to_json(const TypeSpec& spec) {
  return std::visit([](const auto& one) { return to_json(one); }, spec);
}

}  // namespace engram::hdmf
