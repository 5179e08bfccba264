#include "hdmf/validate_data.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <regex>

#include "base/json_member.hpp"
#include "engram/base/error.hpp"
#include "engram/hdmf/dtype_rules.hpp"
#include "engram/hdmf/map_references.hpp"

namespace engram::hdmf {
namespace {

using Severity = Finding::Severity;

bool is_ascii(const std::string& text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x80U; });
}

bool is_time(const std::string& text) {
  // ISO 8601: a date, and a time of day with or without its zone.
  static const std::regex kTime(
      R"(-?\d{4,9}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01]))"
      R"((T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d+)?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)?)?)");
  return text.size() < 64 && std::regex_match(text, kTime);
}

bool has_zone(const std::string& text) {
  const std::size_t time = text.find('T');
  if (text.ends_with('Z')) return true;
  return time != std::string::npos && text.find_first_of("+-", time) != std::string::npos;
}

std::string describe(const Value& value) {
  struct Namer {
    std::string operator()(const Null&) const { return "nothing"; }
    std::string operator()(bool) const { return "a boolean"; }
    std::string operator()(std::int64_t number) const {
      return fmt::format("the integer {}", number);
    }
    std::string operator()(std::uint64_t number) const {
      return fmt::format("the integer {}", number);
    }
    std::string operator()(double) const { return "a floating number"; }
    std::string operator()(const std::complex<double>&) const { return "a complex number"; }
    std::string operator()(const std::string&) const { return "text"; }
    std::string operator()(const Bytes&) const { return "bytes"; }
    std::string operator()(const Reference&) const { return "a reference"; }
    std::string operator()(const RegionReference&) const { return "a region reference"; }
    std::string operator()(const List&) const { return "a list"; }
    std::string operator()(const Record&) const { return "a compound"; }
  };
  return std::visit(Namer(), value.data);
}

// Integers are judged by their value: how wide they were is not kept everywhere.
bool fits(const Value& value, std::string_view dtype) {
  const bool is_signed = value.is<std::int64_t>();
  const bool is_integer = is_signed || value.is<std::uint64_t>();
  if (dtype == "utf8" || dtype == "isodatetime") return value.is<std::string>();
  if (dtype == "ascii") return value.is<std::string>() && is_ascii(value.as<std::string>());
  if (dtype == "bool") return value.is<bool>();
  if (dtype.starts_with("uint")) return is_integer && (!is_signed || value.as<std::int64_t>() >= 0);
  if (dtype.starts_with("int")) return is_integer;
  if (dtype.starts_with("float")) return value.is<double>();
  if (dtype == "numeric") return is_integer || value.is<double>();
  if (dtype == "object") return value.is<Reference>();
  return dtype == "region" && value.is<RegionReference>();
}

// One value of a list, however deep; false stops.
bool each_leaf(const Value& value, const std::function<bool(const Value&)>& visit) {
  if (!value.is<List>()) return visit(value);
  return std::all_of(value.as<List>().begin(), value.as<List>().end(),
                     [&visit](const Value& one) { return each_leaf(one, visit); });
}

// nullopt: no array.
std::optional<Shape> shape_of(const Value& value) {
  if (!value.is<List>()) return std::nullopt;
  Shape shape;
  for (const Value* at = &value; at->is<List>(); at = &at->as<List>().front()) {
    shape.push_back(at->as<List>().size());
    if (at->as<List>().empty()) break;
  }
  return shape;
}

std::string shapes_text(const Dimensions& dimensions) {
  std::string text;
  for (const auto& lengths : dimensions.shapes) {
    text += text.empty() ? "(" : " or (";
    for (std::size_t d = 0; d < lengths.size(); ++d)
      text +=
          fmt::format("{}{}", d == 0 ? "" : ", ", lengths[d] ? fmt::to_string(*lengths[d]) : "*");
    text += lengths.size() == 1 ? ",)" : ")";
  }
  return text;
}

void check_shape(const std::optional<Shape>& shape, const Dimensions& dimensions,
                 const OnData& found) {
  if (dimensions.is_any()) return;
  if (!shape) {
    found({Severity::error, Finding::Kind::wrong_shape,
           fmt::format("is a single value, not an array of shape {}", shapes_text(dimensions))});
    return;
  }
  const auto is_allowed = [&shape](const auto& lengths) {
    if (lengths.size() != shape->size()) return false;
    for (std::size_t d = 0; d < lengths.size(); ++d)
      if (lengths[d] && *lengths[d] != (*shape)[d]) return false;
    return true;
  };
  if (std::none_of(dimensions.shapes.begin(), dimensions.shapes.end(), is_allowed))
    found(
        {Severity::error, Finding::Kind::wrong_shape,
         fmt::format("has shape {}, not {}", engram::to_string(*shape), shapes_text(dimensions))});
}

void wrong_dtype(std::string_view what, const Dtype& dtype, const OnData& found) {
  found({Severity::error, Finding::Kind::wrong_dtype,
         fmt::format("is {}, not {}", what, to_string(dtype))});
}

// Of text that must be a time: whether it is one, and whether it says of which zone.
bool check_time(const std::string& text, const OnData& found) {
  if (!is_time(text)) {
    found({Severity::error, Finding::Kind::wrong_dtype,
           fmt::format("is {}, no time as ISO 8601 writes it", excerpt(text))});
    return false;
  }
  if (!has_zone(text)) {
    found({Severity::error, Finding::Kind::wrong_value,
           fmt::format("is {}, a time without its zone", excerpt(text))});
    return false;
  }
  return true;
}

bool is_same(const Value& value, const Json& json) {
  if (json.is_array()) {
    if (!value.is<List>() || value.as<List>().size() != json.size()) return false;
    for (std::size_t i = 0; i < json.size(); ++i)
      if (!is_same(value.as<List>()[i], json[i])) return false;
    return true;
  }
  // One value may stand alone or as an array of one.
  if (value.is<List>() && value.as<List>().size() == 1) return is_same(value.as<List>()[0], json);
  if (json.is_string()) return value.is<std::string>() && value.as<std::string>() == json;
  if (json.is_boolean()) return value.is<bool>() && value.as<bool>() == json;
  if (!json.is_number()) return true;
  if (value.is<std::int64_t>()) return json == value.as<std::int64_t>();
  if (value.is<std::uint64_t>()) return json == value.as<std::uint64_t>();
  // A schema says 0.1 and means the float32 nearest to it, too.
  return value.is<double>() &&
         (json == value.as<double>() ||
          static_cast<double>(static_cast<float>(json.get<double>())) == value.as<double>());
}

void check_constant(const Value& value, const Json& constant, const OnData& found) {
  if (constant.is_null() || is_same(value, constant)) return;
  const std::string shown =
      value.is<std::string>() ? excerpt(value.as<std::string>()) : describe(value);
  found({Severity::warning, Finding::Kind::wrong_value,
         fmt::format("is {}, not {}", shown, excerpt(constant))});
}

// The name by which dtype_rules know a type of elements; empty: none of theirs.
std::string dtype_name(const DataType& type) {
  switch (type.kind) {
    case engram::Kind::boolean:
    case engram::Kind::integer:
    case engram::Kind::unsigned_integer:
    case engram::Kind::floating:
      return type_name(type);
    case engram::Kind::bytes:
      return "ascii";
    case engram::Kind::unicode:
      return "utf8";
    default:
      return "";
  }
}

std::string dtype_name(const ObjectType& type) {
  switch (type.kind) {
    case ObjectType::Kind::text:
      return type.charset == ObjectType::Charset::ascii ? "ascii" : "utf8";
    case ObjectType::Kind::reference:
      return "object";
    case ObjectType::Kind::region_reference:
      return "region";
    case ObjectType::Kind::number:
      return dtype_name(type.type);
    default:
      return "";
  }
}

std::string describe(const ObjectType& type) {
  switch (type.kind) {
    case ObjectType::Kind::sequence:
      return "sequences";
    case ObjectType::Kind::array:
      return "arrays";
    case ObjectType::Kind::record:
      return "a compound";
    default: {
      const std::string name = dtype_name(type);
      return name.empty() ? type_name(type.type) : name;
    }
  }
}

// An element or a field, of either kind of source.
struct Element {
  std::string name;  // As dtype_rules know it; empty: none of theirs.
  std::string text;  // For messages.
};

Element element_of(const DataType& type) { return {dtype_name(type), type_name(type)}; }
Element element_of(const ObjectType& type) { return {dtype_name(type), describe(type)}; }

// Whether text is ASCII or a time is told by its values, below.
bool may_be(const Element& element, const Dtype& dtype) {
  if (const ReferenceDtype* reference = dtype.reference())
    return element.name == reference->reference_type;
  const std::string_view wanted = canonical_dtype(*dtype.primitive());
  if (wanted == "ascii" || wanted == "isodatetime")
    return element.name == "utf8" || element.name == "ascii";
  return dtype_accepts(wanted, element.name);
}

template <typename Fields>
void check_fields(const std::vector<DtypeField>& wanted, const Fields& fields,
                  const OnData& found) {
  for (const DtypeField& field : wanted) {
    const auto same = std::find_if(fields.begin(), fields.end(),
                                   [&field](const auto& one) { return one.name == field.name; });
    if (same == fields.end()) {
      found({Severity::error, Finding::Kind::wrong_dtype,
             fmt::format("has no field \"{}\", which is to be {}", field.name,
                         to_string(field.dtype))});
      continue;
    }
    const Element element = element_of(same->type);
    if (!may_be(element, field.dtype))
      found({Severity::error, Finding::Kind::wrong_dtype,
             fmt::format("field \"{}\" is {}, not {}", field.name, element.text,
                         to_string(field.dtype))});
  }
}

// Returns whether the values are worth a look.
bool check_elements(const DatasetBuilder& dataset, const Dtype& dtype, const OnData& found) {
  if (dtype.is_any()) return false;
  const ArraySource* array = dataset.array();
  const ObjectSource* objects = dataset.objects();
  if (const auto* fields = dtype.fields()) {
    if (array && !array->info().type.fields.empty()) {
      check_fields(*fields, array->info().type.fields, found);
    } else if (objects && objects->type().kind == ObjectType::Kind::record) {
      check_fields(*fields, objects->type().fields, found);
      return true;
    } else {
      const Element element = array ? element_of(array->info().type) : element_of(objects->type());
      wrong_dtype(element.text, dtype, found);
    }
    return false;
  }
  const Element element = array ? element_of(array->info().type) : element_of(objects->type());
  if (may_be(element, dtype)) return true;
  wrong_dtype(element.text, dtype, found);
  return false;
}

class ValueCheck {
 public:
  ValueCheck(const Dtype& dtype, const OnReference& on_reference, const OnData& found)
      : dtype_(dtype), on_reference_(on_reference), found_(found) {
    if (const std::string* name = dtype.primitive()) wanted_ = canonical_dtype(*name);
  }

  bool is_needed() const {
    return wanted_ == "ascii" || wanted_ == "isodatetime" || dtype_.reference() || has_references();
  }

  // False: no more need be looked at.
  bool check(const Value& value) const {
    if (const ReferenceDtype* reference = dtype_.reference()) {
      if (value.is<Reference>()) on_reference_(value.as<Reference>(), reference->target_type);
      return true;
    }
    if (const auto* fields = dtype_.fields()) {
      check_record(value, *fields);
      return true;
    }
    if (!value.is<std::string>()) return true;
    const auto& text = value.as<std::string>();
    if (wanted_ == "isodatetime") return check_time(text, found_);
    if (wanted_ != "ascii" || is_ascii(text)) return true;
    found_({Severity::error, Finding::Kind::wrong_dtype,
            fmt::format("is {}, not ASCII", excerpt(text))});
    return false;
  }

 private:
  bool has_references() const {
    const auto* fields = dtype_.fields();
    return fields && std::any_of(fields->begin(), fields->end(), [](const DtypeField& field) {
             return field.dtype.reference() != nullptr;
           });
  }

  void check_record(const Value& value, const std::vector<DtypeField>& fields) const {
    if (!value.is<Record>()) return;
    for (const auto& [name, one] : value.as<Record>()) {
      if (!one.is<Reference>()) continue;
      for (const DtypeField& field : fields)
        if (field.name == name && field.dtype.reference())
          on_reference_(one.as<Reference>(), field.dtype.reference()->target_type);
    }
  }

  const Dtype& dtype_;
  const OnReference& on_reference_;
  const OnData& found_;
  std::string_view wanted_;
};

// Rows of a compound come as lists, in the order of its fields.
Value with_names(const Value& value, const ObjectType& type) {
  if (type.kind != ObjectType::Kind::record || !value.is<List>()) return value;
  Record record;
  for (std::size_t i = 0; i < type.fields.size() && i < value.as<List>().size(); ++i)
    record.emplace_back(type.fields[i].name, value.as<List>()[i]);
  return record;
}

std::optional<Value> only_value(const DatasetBuilder& dataset) {
  if (dataset.is_null || element_count(dataset.shape()) != 1) return std::nullopt;
  if (const ObjectSource* objects = dataset.objects())
    return objects->read(Region::all(objects->shape())).front();
  const ArrayInfo& info = dataset.array()->info();
  if (info.type.kind != engram::Kind::bytes) return std::nullopt;
  Bytes bytes(static_cast<std::size_t>(info.type.size));
  dataset.array()->read(Region::all(info.shape), bytes);
  std::string text;
  for (const std::byte byte : bytes) text += static_cast<char>(byte);
  text.erase(text.find_last_not_of('\0') + 1);
  return text;
}

}  // namespace

void check_value(const Value& value, const AttributeSpec& spec, const OnReference& on_reference,
                 const OnData& found) {
  const ValueCheck check(spec.dtype, on_reference, found);
  const auto leaf_fits = [&](const Value& leaf) {
    if (spec.dtype.is_any()) return true;
    const bool is_right = spec.dtype.reference()
                              ? fits(leaf, spec.dtype.reference()->reference_type)
                              : fits(leaf, canonical_dtype(*spec.dtype.primitive()));
    if (!is_right) wrong_dtype(describe(leaf), spec.dtype, found);
    return is_right && check.check(leaf);
  };
  each_leaf(value, leaf_fits);
  check_shape(shape_of(value), spec.dimensions, found);
  check_constant(value, spec.value, found);
}

void check_dataset(const DatasetBuilder& dataset, const DatasetSpec& spec,
                   const OnReference& on_reference, const OnData& found) {
  if (dataset.is_null) {
    if (!spec.dtype.is_any() || !spec.dimensions.is_any())
      found({Severity::error, Finding::Kind::wrong_dtype, "has no value at all"});
    return;
  }
  try {
    const ValueCheck check(spec.dtype, on_reference, found);
    const ObjectSource* objects = dataset.objects();
    if (check_elements(dataset, spec.dtype, found) && check.is_needed()) {
      if (objects) {
        for_each_value(*objects, [&](const Value& value) {
          return check.check(with_names(value, objects->type()));
        });
      } else if (const auto value = only_value(dataset)) {
        check.check(*value);
      }
    }
    check_shape(dataset.is_scalar ? std::nullopt : std::optional<Shape>(dataset.shape()),
                spec.dimensions, found);
    if (!spec.value.is_null())
      if (const auto value = only_value(dataset)) check_constant(*value, spec.value, found);
  } catch (const Error& error) {
    if (error.code() == ErrorCode::cancelled) throw;
    found({Severity::error, Finding::Kind::unreadable,
           fmt::format("can't be read: {}", error.what())});
  }
}

}  // namespace engram::hdmf
