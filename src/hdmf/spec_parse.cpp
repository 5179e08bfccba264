// JSON in the words of the HDMF specification language to specs.

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <span>
#include <utility>

#include "base/json_member.hpp"
#include "engram/base/error.hpp"
#include "engram/hdmf/dtype_rules.hpp"
#include "engram/hdmf/spec.hpp"

namespace engram::hdmf {
namespace {

using Names = std::span<const std::string_view>;

constexpr std::array<std::string_view, 8> kAttributeMembers = {
    "name", "doc", "dtype", "shape", "dims", "required", "value", "default_value"};
constexpr std::array<std::string_view, 13> kDatasetMembers = {
    "name",     "doc",           "default_name",  "dtype",      "shape",
    "dims",     "value",         "default_value", "attributes", "linkable",
    "quantity", "data_type_def", "data_type_inc"};
constexpr std::array<std::string_view, 11> kGroupMembers = {
    "name",  "doc",      "default_name", "attributes",    "linkable",     "quantity",
    "links", "datasets", "groups",       "data_type_def", "data_type_inc"};
constexpr std::array<std::string_view, 4> kLinkMembers = {"name", "doc", "target_type", "quantity"};

void check_object(const Json& json, std::string_view what) {
  if (!json.is_object())
    throw Error(ErrorCode::corrupt_data,
                fmt::format("the spec of {} is {}, not an object", what, excerpt(json)));
}

// Whatever a spec says of itself, for messages about it.
std::string label_of(const Json& json, std::string_view what) {
  for (const std::string_view member : {"name", "neurodata_type_def", "data_type_def",
                                        "neurodata_type_inc", "data_type_inc", "target_type"}) {
    const Json& label = member_or_null(json, member);
    if (label.is_string()) return fmt::format("{} {}", what, label.get<std::string>());
  }
  return fmt::format("{} without name or type", what);
}

template <typename Work>
auto parsed(const Json& json, std::string_view what, const Work& work) {
  check_object(json, what);
  try {
    return work();
  } catch (Error& error) {
    error.at(label_of(json, what));
    throw;
  }
}

void warn_of_unknown(const Json& json, Names known, std::string_view what,
                     std::vector<std::string>& warnings) {
  for (const auto& item : json.items()) {
    std::string_view name = item.key();
    if (name.starts_with("neurodata_type_")) name.remove_prefix(std::string_view("neuro").size());
    if (std::find(known.begin(), known.end(), name) == known.end())
      warnings.push_back(fmt::format("member \"{}\" of {} is none of the schema language",
                                     item.key(), label_of(json, what)));
  }
}

std::optional<std::string> optional_text(const Json& json, std::string_view member) {
  if (member_or_null(json, member).is_null()) return std::nullopt;
  return text_member(json, member);
}

// Schemas of old leave it out here and there.
std::string doc_of(const Json& json) { return optional_text(json, "doc").value_or(""); }

std::optional<std::string> node_name(const Json& json, std::string_view member) {
  std::optional<std::string> name = optional_text(json, member);
  if (name && name->find('/') != std::string::npos)
    bad_member(member, json[std::string(member)], "a name without '/'");
  return name;
}

bool flag_of(const Json& json, std::string_view member, bool missing) {
  const Json& flag = member_or_null(json, member);
  if (flag.is_null()) return missing;
  if (!flag.is_boolean()) bad_member(member, flag, "true or false");
  return flag.get<bool>();
}

std::optional<std::string> type_of(const Json& json, std::string_view ending) {
  const std::string plain = fmt::format("data_type_{}", ending);
  const std::string neuro = fmt::format("neurodata_type_{}", ending);
  return optional_text(json, member_or_null(json, neuro).is_null() ? plain : neuro);
}

const Json& list_of(const Json& json, std::string_view member) {
  static const Json kNone = Json::array();
  const Json& list = member_or_null(json, member);
  if (list.is_null()) return kNone;
  if (!list.is_array()) bad_member(member, list, "a list");
  return list;
}

Quantity parse_quantity(const Json& json) {
  const Json& quantity = member_or_null(json, "quantity");
  constexpr std::string_view kExpected = "a number above zero, \"?\", \"*\" or \"+\"";
  const auto is = [&](std::string_view text) { return engram::is_text(quantity, text); };
  if (quantity.is_null()) return {};
  if (is("?") || is("zero_or_one")) return {0, 1};
  if (is("*") || is("zero_or_many") || is("zero_or_more")) return {0, std::nullopt};
  if (is("+") || is("one_or_many") || is("one_or_more")) return {1, std::nullopt};
  std::uint64_t count = 0;
  if (quantity.is_number_integer() && quantity > 0) {
    count = quantity.get<std::uint64_t>();
  } else if (quantity.is_string()) {
    const auto text = quantity.get<std::string>();
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
    if (error != std::errc() || end != text.data() + text.size()) count = 0;
  }
  if (count == 0) bad_member("quantity", quantity, kExpected);
  return {count, count};
}

std::vector<std::optional<std::uint64_t>> parse_lengths(const Json& json) {
  std::vector<std::optional<std::uint64_t>> lengths;
  lengths.reserve(json.size());
  for (const Json& length : json) {
    if (length.is_null()) {
      lengths.push_back(std::nullopt);
    } else {
      lengths.push_back(length_of(length, "shape"));
    }
  }
  return lengths;
}

std::vector<std::string> parse_names(const Json& json) {
  std::vector<std::string> names;
  names.reserve(json.size());
  for (const Json& name : json) {
    if (name.is_structured()) bad_member("dims", name, "the name of a dimension");
    // Some write the length where the name belongs.
    names.push_back(name.is_string() ? name.get<std::string>()
                    : name.is_null() ? fmt::format("dim_{}", names.size())
                                     : dump_json(name, JsonStyle::line));
  }
  return names;
}

// A list is one alternative unless it holds lists; a value alone has one dimension.
bool is_alternatives(const Json& json) {
  return json.is_array() &&
         std::any_of(json.begin(), json.end(), [](const Json& item) { return item.is_array(); });
}

template <typename Parse>
auto alternatives(const Json& json, bool are_several, const Parse& parse) {
  std::vector<decltype(parse(json))> all;
  const Json list = json.is_array() ? json : Json::array({json});
  if (!are_several) {
    all.push_back(parse(list));
    return all;
  }
  for (const Json& one : list) all.push_back(parse(one.is_array() ? one : Json::array({one})));
  return all;
}

Dimensions parse_dimensions(const Json& json) {
  Dimensions out;
  const Json& shape = member_or_null(json, "shape");
  const Json& dims = member_or_null(json, "dims");
  for (const auto& [member, list] : {std::pair("shape", &shape), std::pair("dims", &dims)})
    if (list->is_array() && list->empty())
      bad_member(member, *list, "a list with at least one dimension");
  if (!shape.is_null() && dims.is_null()) {
    out.shapes = alternatives(shape, is_alternatives(shape), parse_lengths);
    for (const auto& lengths : out.shapes)
      out.names.push_back(parse_names(Json(std::vector<Json>(lengths.size()))));
  } else if (!dims.is_null() && shape.is_null()) {
    out.names = alternatives(dims, is_alternatives(dims), parse_names);
    for (const auto& names : out.names) out.shapes.emplace_back(names.size());
  } else if (!shape.is_null()) {
    // Where one of the two has alternatives, what stands in the other without its list is one too:
    // schemas of old name ["width|height"] what has shape [[2], [3]].
    const bool are_several = is_alternatives(shape) || is_alternatives(dims);
    out.shapes = alternatives(shape, are_several, parse_lengths);
    out.names = alternatives(dims, are_several, parse_names);
    const bool do_agree = are_several ? out.shapes.size() == out.names.size()
                                      : out.shapes[0].size() == out.names[0].size();
    if (!do_agree)
      bad_member("dims", dims, fmt::format("as many as \"shape\", which is {}", excerpt(shape)));
  }
  return out;
}

Dtype parse_dtype(const Json& json, std::uint32_t depth = 0);

DtypeField parse_field(const Json& json, std::uint32_t depth) {
  return parsed(json, "field", [&] {
    DtypeField field{text_member(json, "name"), doc_of(json), {}};
    field.dtype = parse_dtype(member_or_null(json, "dtype"), depth);
    if (field.dtype.is_any())
      bad_member("dtype", member_or_null(json, "dtype"), "the type of a field");
    return field;
  });
}

Dtype parse_dtype(const Json& json, std::uint32_t depth) {
  if (json.is_null() || (json.is_string() && json.get_ref<const std::string&>() == "null"))
    return {};
  if (json.is_string()) {
    const auto name = json.get<std::string>();
    if (canonical_dtype(name).empty())
      bad_member("dtype", json, "a dtype of the HDMF specification language");
    return {name};
  }
  if (json.is_object()) {
    ReferenceDtype reference{text_member(json, "target_type"), text_member(json, "reftype")};
    if (reference.reference_type == "ref" || reference.reference_type == "reference")
      reference.reference_type = "object";
    if (reference.reference_type != "object" && reference.reference_type != "region")
      bad_member("reftype", json["reftype"], "\"object\" or \"region\"");
    return {reference};
  }
  if (!json.is_array() || json.empty())
    bad_member("dtype", json, "a name, a reference or a list of fields");
  if (depth > 0) bad_member("dtype", json, "a name or a reference: fields have no fields");
  std::vector<DtypeField> fields;
  fields.reserve(json.size());
  for (const Json& field : json) fields.push_back(parse_field(field, depth + 1));
  return {std::move(fields)};
}

void check_values(const Json& value, const Json& default_value) {
  if (!value.is_null() && !default_value.is_null())
    bad_member("default_value", default_value, "left out where there is a \"value\"");
}

AttributeSpec parse_attribute(const Json& json, std::vector<std::string>& warnings) {
  return parsed(json, "attribute", [&] {
    warn_of_unknown(json, kAttributeMembers, "attribute", warnings);
    AttributeSpec spec;
    spec.name = text_member(json, "name");
    spec.doc = doc_of(json);
    spec.dtype = parse_dtype(member_or_null(json, "dtype"));
    if (spec.dtype.fields())
      bad_member("dtype", json["dtype"], "a name or a reference: attributes have no fields");
    spec.dimensions = parse_dimensions(json);
    spec.value = member_or_null(json, "value");
    spec.default_value = member_or_null(json, "default_value");
    check_values(spec.value, spec.default_value);
    // A constant is always there, whatever "required" says; a default makes it optional.
    const bool is_required = flag_of(json, "required", true);
    spec.is_required = spec.default_value.is_null() && (is_required || !spec.value.is_null());
    return spec;
  });
}

void parse_node(const Json& json, NodeSpec& spec, std::vector<std::string>& warnings) {
  spec.doc = doc_of(json);
  spec.name = node_name(json, "name");
  spec.default_name = node_name(json, "default_name");
  spec.type_def = type_of(json, "def");
  spec.type_inc = type_of(json, "inc");
  if (spec.type_def && spec.type_def == spec.type_inc) {
    warnings.push_back(fmt::format("type {} includes itself; that is ignored", *spec.type_def));
    spec.type_inc.reset();
  }
  if (!spec.name && !spec.type())
    throw Error(ErrorCode::corrupt_data, "it has neither a name nor a type");
  spec.quantity = parse_quantity(json);
  if (spec.name && spec.quantity.is_many())
    bad_member("quantity", json["quantity"], "at most one of what has a name");
  spec.is_linkable = flag_of(json, "linkable", true);
  for (const Json& attribute : list_of(json, "attributes")) {
    AttributeSpec parsed_attribute = parse_attribute(attribute, warnings);
    if (spec.attribute(parsed_attribute.name))
      throw Error(ErrorCode::corrupt_data,
                  fmt::format("two attributes are named \"{}\"", parsed_attribute.name));
    spec.attributes.push_back(std::move(parsed_attribute));
  }
}

LinkSpec parse_link(const Json& json, std::vector<std::string>& warnings) {
  return parsed(json, "link", [&] {
    warn_of_unknown(json, kLinkMembers, "link", warnings);
    LinkSpec spec;
    spec.doc = doc_of(json);
    spec.name = node_name(json, "name");
    spec.target_type = text_member(json, "target_type");
    spec.quantity = parse_quantity(json);
    return spec;
  });
}

}  // namespace

DatasetSpec parse_dataset_spec(const Json& json, std::vector<std::string>& warnings) {
  return parsed(json, "dataset", [&] {
    warn_of_unknown(json, kDatasetMembers, "dataset", warnings);
    DatasetSpec spec;
    parse_node(json, spec, warnings);
    spec.dtype = parse_dtype(member_or_null(json, "dtype"));
    spec.dimensions = parse_dimensions(json);
    spec.value = member_or_null(json, "value");
    spec.default_value = member_or_null(json, "default_value");
    check_values(spec.value, spec.default_value);
    return spec;
  });
}

GroupSpec parse_group_spec(const Json& json, std::vector<std::string>& warnings) {
  return parsed(json, "group", [&] {
    warn_of_unknown(json, kGroupMembers, "group", warnings);
    GroupSpec spec;
    parse_node(json, spec, warnings);
    for (const Json& group : list_of(json, "groups"))
      spec.groups.push_back(parse_group_spec(group, warnings));
    for (const Json& dataset : list_of(json, "datasets"))
      spec.datasets.push_back(parse_dataset_spec(dataset, warnings));
    for (const Json& link : list_of(json, "links"))
      spec.links.push_back(parse_link(link, warnings));
    return spec;
  });
}

}  // namespace engram::hdmf
