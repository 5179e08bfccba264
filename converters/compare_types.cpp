#include "converters/compare_types.hpp"

#include <fmt/format.h>

#include "engram/array/region.hpp"
#include "hdmf/record_of.hpp"

namespace engram::converter {
namespace {

using hdmf::ObjectType;

bool is_text(Kind kind) { return kind == Kind::bytes || kind == Kind::unicode; }

bool is_number_kind(Kind kind) {
  return kind != Kind::structured && kind != Kind::opaque && !is_text(kind);
}

std::string in_array(std::string element, const Shape& shape) {
  return shape.empty() ? std::move(element) : element + to_string(shape);
}

// "{x: ..., y: ...}" of fields with a name each.
template <typename Fields, typename Describe>
std::string in_record(const Fields& fields, const Describe& describe_field) {
  std::string text = "{";
  for (const auto& field : fields) {
    if (text.size() > 1) text += ", ";
    text += field.name + ": " + describe_field(field);
  }
  return text + "}";
}

}  // namespace

std::string describe(const DataType& type) {
  if (is_text(type.kind)) return "text";
  if (type.kind == Kind::opaque) return fmt::format("opaque of {} bytes", type.size);
  if (type.kind != Kind::structured) return type_name(type);
  return in_record(type.fields,
                   [](const Field& field) { return in_array(describe(field.type), field.shape); });
}

std::string describe(const ObjectType& type) {
  switch (type.kind) {
    case ObjectType::Kind::text:
      return "text";
    case ObjectType::Kind::reference:
      return "reference";
    case ObjectType::Kind::region_reference:
      return "region reference";
    case ObjectType::Kind::sequence:
      return "[" + describe(*type.element) + "]";
    case ObjectType::Kind::array: {
      // An array of arrays is one of more dimensions.
      Shape shape = type.shape;
      const ObjectType* element = type.element.get();
      for (; element->kind == ObjectType::Kind::array; element = element->element.get())
        shape.insert(shape.end(), element->shape.begin(), element->shape.end());
      return in_array(describe(*element), shape);
    }
    case ObjectType::Kind::record:
      return in_record(type.fields,
                       [](const hdmf::ObjectField& field) { return describe(field.type); });
    case ObjectType::Kind::number:
      break;
  }
  return describe(type.type);
}

ObjectType as_objects(const DataType& type) {
  ObjectType result;
  if (is_text(type.kind)) return result;
  if (type.kind == Kind::structured)
    return hdmf::record_of(type, [](const DataType& field) { return as_objects(field); });
  result.kind = ObjectType::Kind::number;
  result.type = type;
  return result;
}

bool are_comparable(const DataType& a, const DataType& b) {
  if (a.kind == Kind::structured && b.kind == Kind::structured)
    return a.fields.size() == b.fields.size();
  return is_number_kind(a.kind) && is_number_kind(b.kind);
}

bool are_comparable(const ObjectType& a, const ObjectType& b) {
  if (a.kind == ObjectType::Kind::record && b.kind == ObjectType::Kind::record)
    return a.fields.size() == b.fields.size();
  if (a.kind == ObjectType::Kind::sequence && b.kind == ObjectType::Kind::sequence)
    return are_comparable(*a.element, *b.element);
  return a.kind == ObjectType::Kind::number && b.kind == ObjectType::Kind::number &&
         are_comparable(a.type, b.type);
}

}  // namespace engram::converter
