#include "hdmf/element_value.hpp"

#include "array/number.hpp"
#include "base/utf32.hpp"

namespace engram::hdmf {
namespace {

// A field that is an array becomes nested lists, one a dimension.
Value nested(const Field& field, std::size_t dimension, BytesView bytes, RecordForm form) {
  if (dimension == field.shape.size()) return element_value(field.type, bytes, form);
  List list;
  const auto count = static_cast<std::size_t>(field.shape[dimension]);
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t step = bytes.size() / count;
    list.push_back(nested(field, dimension + 1, bytes.subspan(i * step, step), form));
  }
  return list;
}

}  // namespace

Value element_value(const DataType& type, BytesView element, RecordForm form) {
  const std::size_t half = element.size() / 2;
  switch (type.kind) {
    case Kind::boolean:
      return element.front() != std::byte{0};
    case Kind::integer:
    case Kind::datetime:
    case Kind::timedelta:
      return get_integer(element);
    case Kind::unsigned_integer:
      return get_unsigned(element);
    case Kind::floating:
      return get_floating(element);
    case Kind::complex:
      return std::complex<double>(get_floating(element.first(half)),
                                  get_floating(element.last(half)));
    case Kind::bytes: {
      const std::string_view text = as_text(element);
      return std::string(text.substr(0, text.find_last_not_of('\0') + 1));
    }
    case Kind::unicode:
      return from_utf32(element, Escapes::refused);
    case Kind::opaque:
      return Bytes(element.begin(), element.end());
    case Kind::structured:
      break;
  }
  List list;
  Record record;
  for (const Field& field : type.fields) {
    Value value = nested(field, 0,
                         element.subspan(static_cast<std::size_t>(field.offset),
                                         static_cast<std::size_t>(field.size())),
                         form);
    if (form == RecordForm::list) {
      list.push_back(std::move(value));
    } else {
      record.emplace_back(field.name, std::move(value));
    }
  }
  if (form == RecordForm::list) return list;
  return record;
}

std::vector<Value> element_values(const DataType& type, BytesView elements, RecordForm form) {
  const auto size = static_cast<std::size_t>(type.size);
  std::vector<Value> values;
  values.reserve(elements.size() / size);
  for (std::size_t at = 0; at < elements.size(); at += size)
    values.push_back(element_value(type, elements.subspan(at, size), form));
  return values;
}

std::vector<Value> element_values(const ArraySource& array, const Region& region, RecordForm form) {
  const DataType type = array.info().type.little_endian();
  Bytes elements(static_cast<std::size_t>(
      checked_multiply(element_count(region.shape), type.size, "the size of a part")));
  array.read(region, elements);
  return element_values(type, elements, form);
}

}  // namespace engram::hdmf
