#include "backend/append_elements.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "array/number.hpp"
#include "backend/zarr_layout_element.hpp"
#include "base/utf32.hpp"
#include "engram/base/error.hpp"
#include "engram/base/utf8.hpp"
#include "hdmf/element_value.hpp"

namespace engram::backend {
namespace {

using hdmf::ObjectType;
using hdmf::Value;

std::string what_is(const Value& value) {
  if (value.is<hdmf::Null>()) return "null";
  if (value.is<bool>()) return value.as<bool>() ? "true" : "false";
  if (value.is<std::int64_t>()) return fmt::format("{}", value.as<std::int64_t>());
  if (value.is<std::uint64_t>()) return fmt::format("{}", value.as<std::uint64_t>());
  if (value.is<double>()) return fmt::format("the number {}", python_float(value.as<double>()));
  if (value.is<std::complex<double>>()) return "a complex number";
  if (value.is<std::string>())
    return fmt::format("the text \"{}\"", printable(value.as<std::string>(), 40));
  if (value.is<Bytes>()) return fmt::format("{} bytes", value.as<Bytes>().size());
  if (value.is<hdmf::Reference>())
    return fmt::format("a reference to {}", value.as<hdmf::Reference>().path);
  if (value.is<hdmf::RegionReference>()) return "a region reference";
  return value.is<hdmf::List>() ? fmt::format("a list of {}", value.as<hdmf::List>().size())
                                : "a record";
}

std::string mismatch(const Value& value, const DataType& type) {
  return fmt::format("{} is no {}", what_is(value), type_name(type));
}

std::string why_no_integer(const DataType& type, const Value& value) {
  const unsigned bits = static_cast<unsigned>(8 * type.size);
  const bool is_signed = type.kind != Kind::unsigned_integer;
  const std::uint64_t largest =
      std::numeric_limits<std::uint64_t>::max() >> (64 - bits + (is_signed ? 1U : 0U));
  const auto beyond = [&] {
    return fmt::format("{} is beyond {}", what_is(value), type_name(type));
  };
  if (value.is<bool>()) return "";
  if (value.is<std::uint64_t>()) return value.as<std::uint64_t>() <= largest ? "" : beyond();
  if (!value.is<std::int64_t>()) return mismatch(value, type);
  const std::int64_t number = value.as<std::int64_t>();
  if (number >= 0) return static_cast<std::uint64_t>(number) <= largest ? "" : beyond();
  const bool fits = is_signed && static_cast<std::uint64_t>(-(number + 1)) <= largest;
  return fits ? "" : beyond();
}

std::string why_no_nested(const Field& field, std::size_t dimension, const Value& value) {
  if (dimension == field.shape.size()) return why_not(field.type, value);
  if (!value.is<hdmf::List>() || value.as<hdmf::List>().size() != field.shape[dimension])
    return fmt::format("{} is no list of {}", what_is(value), field.shape[dimension]);
  for (const Value& item : value.as<hdmf::List>())
    if (std::string why = why_no_nested(field, dimension + 1, item); !why.empty()) return why;
  return "";
}

std::string why_no_fields(std::size_t fields, const Value& value) {
  if (value.is<hdmf::List>() && value.as<hdmf::List>().size() == fields) return "";
  return fmt::format("{} is no list of the {} fields of a row", what_is(value), fields);
}

std::string why_no_list(const ObjectType& element, const Shape& shape, std::size_t dimension,
                        const Value& value) {
  if (dimension == shape.size()) return why_not(element, value);
  if (!value.is<hdmf::List>() || value.as<hdmf::List>().size() != shape[dimension])
    return fmt::format("{} is no list of {}", what_is(value), shape[dimension]);
  for (const Value& item : value.as<hdmf::List>())
    if (std::string why = why_no_list(element, shape, dimension + 1, item); !why.empty())
      return why;
  return "";
}

Value roomy(const Field& field, std::size_t dimension, const Value& value, DataType& type) {
  if (dimension == field.shape.size()) {
    type = with_room(type, value);
    return {};
  }
  for (const Value& item : value.as<hdmf::List>()) roomy(field, dimension + 1, item, type);
  return {};
}

std::uint64_t integer_at(const DataType& type, BytesView element) {
  return type.kind == Kind::unsigned_integer ? get_unsigned(element)
                                             : static_cast<std::uint64_t>(get_integer(element));
}

}  // namespace

std::string why_not(const DataType& type, const Value& value) {
  switch (type.kind) {
    case Kind::boolean:
      return value.is<bool>() ? "" : mismatch(value, type);
    case Kind::integer:
    case Kind::unsigned_integer:
    case Kind::datetime:
    case Kind::timedelta:
      return why_no_integer(type, value);
    case Kind::floating: {
      const bool is_number =
          value.is<double>() || value.is<std::int64_t>() || value.is<std::uint64_t>();
      return is_number ? "" : mismatch(value, type);
    }
    case Kind::complex:
      return value.is<std::complex<double>>() ? "" : mismatch(value, type);
    case Kind::bytes:
      return value.is<Bytes>() || value.is<std::string>() ? "" : mismatch(value, type);
    case Kind::opaque:
      if (value.is<Bytes>() && value.as<Bytes>().size() == type.size) return "";
      return fmt::format("{} is no element of {} bytes", what_is(value), type.size);
    case Kind::unicode: {
      if (!value.is<std::string>()) return mismatch(value, type);
      const std::string& text = value.as<std::string>();
      if (!is_utf8(text)) return fmt::format("{} is no UTF-8", what_is(value));
      return text.ends_with('\0') ? "a text of fixed length can't end in NUL" : "";
    }
    case Kind::structured:
      break;
  }
  if (std::string why = why_no_fields(type.fields.size(), value); !why.empty()) return why;
  for (std::size_t i = 0; i < type.fields.size(); ++i) {
    std::string why = why_no_nested(type.fields[i], 0, value.as<hdmf::List>()[i]);
    if (!why.empty()) return fmt::format("field \"{}\": {}", type.fields[i].name, why);
  }
  return "";
}

std::string why_not(const ObjectType& type, const Value& value) {
  switch (type.kind) {
    case ObjectType::Kind::text:
      if (value.is<std::string>() || value.is<Bytes>()) return "";
      return fmt::format("{} is no text", what_is(value));
    case ObjectType::Kind::reference:
      if (value.is<hdmf::Reference>() || value.is<hdmf::Null>()) return "";
      return fmt::format("{} is no reference", what_is(value));
    case ObjectType::Kind::region_reference:
      if (value.is<hdmf::RegionReference>() || value.is<hdmf::Null>()) return "";
      return fmt::format("{} is no region reference", what_is(value));
    case ObjectType::Kind::number:
      return why_not(type.type, value);
    case ObjectType::Kind::array:
      return why_no_list(*type.element, type.shape, 0, value);
    case ObjectType::Kind::sequence:
      if (!value.is<hdmf::List>()) return fmt::format("{} is no list", what_is(value));
      for (const Value& item : value.as<hdmf::List>())
        if (std::string why = why_not(*type.element, item); !why.empty()) return why;
      return "";
    case ObjectType::Kind::record:
      break;
  }
  if (std::string why = why_no_fields(type.fields.size(), value); !why.empty()) return why;
  for (std::size_t i = 0; i < type.fields.size(); ++i) {
    std::string why = why_not(type.fields[i].type, value.as<hdmf::List>()[i]);
    if (!why.empty()) return fmt::format("field \"{}\": {}", type.fields[i].name, why);
  }
  return "";
}

DataType with_room(const DataType& type, const Value& value) {
  if (type.kind == Kind::unicode && value.is<std::string>()) {
    const std::uint64_t needed = count_characters(value.as<std::string>());
    return needed * 4 > type.size ? DataType::unicode(needed, type.order) : type;
  }
  if (type.kind == Kind::bytes) {
    const std::uint64_t needed =
        value.is<Bytes>() ? value.as<Bytes>().size() : value.as<std::string>().size();
    return needed > type.size ? DataType::bytes(needed) : type;
  }
  if (type.kind != Kind::structured) return type;
  std::vector<Field> fields = type.fields;
  bool is_wider = false;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    roomy(fields[i], 0, value.as<hdmf::List>()[i], fields[i].type);
    is_wider = is_wider || fields[i].type.size != type.fields[i].type.size;
  }
  return is_wider ? DataType::structured(std::move(fields)) : type;
}

DataType with_room(const DataType& type, std::uint64_t value) {
  DataType wider = type;
  while (!why_not(wider, Value(value)).empty()) {
    wider.size *= 2;
    if (wider.size > sizeof value)
      throw Error(
          ErrorCode::limit_exceeded,
          fmt::format("{} is beyond all integers of the kind of {}", value, type_name(type)));
  }
  return wider;
}

Bytes widened(const DataType& from, const DataType& to, BytesView elements) {
  const auto from_size = static_cast<std::size_t>(from.size);
  const auto to_size = static_cast<std::size_t>(to.size);
  const DataType source = from.little_endian(), target = to.little_endian();
  const bool is_integer = from.kind == Kind::integer || from.kind == Kind::unsigned_integer;
  Bytes out(elements.size() / from_size * to_size);
  for (std::size_t i = 0; i < elements.size() / from_size; ++i) {
    const BytesView element = elements.subspan(i * from_size, from_size);
    const std::span<std::byte> place = std::span(out).subspan(i * to_size, to_size);
    if (is_integer) {
      put_integer(integer_at(source, element), place);
    } else {
      layout::pack(target, hdmf::element_value(source, element, hdmf::RecordForm::list), place);
    }
  }
  return out;
}

}  // namespace engram::backend
