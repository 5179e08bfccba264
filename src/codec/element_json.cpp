#include "codec/element_json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "base/utf32.hpp"
#include "codec/numbers.hpp"
#include "engram/base/error.hpp"

namespace engram::codec {
namespace {

template <typename T>
T load_one(const DataType& type, BytesView element) {
  T value{};
  convert_numbers(type, element, type.little_endian(),
                  std::as_writable_bytes(std::span(&value, 1)));
  return value;
}

Json number(const DataType& type, BytesView element) {
  return visit_number(type, "vlen-array", [&]<typename T>(std::type_identity<T>) -> Json {
    if constexpr (std::is_same_v<T, bool>) return element.front() != std::byte{0};
    const T value = load_one<T>(type, element);
    if constexpr (kIsComplex<T>)
      return Json::array({static_cast<double>(value.real()), static_cast<double>(value.imag())});
    else if constexpr (kIsFloating<T>)
      return static_cast<double>(value);
    else if constexpr (std::is_signed_v<T>)
      return static_cast<std::int64_t>(value);
    else
      return static_cast<std::uint64_t>(value);
  });
}

Json binary(BytesView bytes) {
  Json::binary_t::container_type copy(bytes.size());
  if (!bytes.empty()) std::memcpy(copy.data(), bytes.data(), bytes.size());
  return Json::binary(std::move(copy));
}

std::string text(const DataType& type, BytesView element) {
  Bytes characters(element.begin(), element.end());
  make_little_endian(type, characters);
  return from_utf32(characters, Escapes::taken);
}

Json field_of(const Field& field, BytesView bytes, std::size_t axis) {
  if (axis == field.shape.size()) return json_of_element(field.type, bytes);
  Json list = Json::array();
  if (field.shape[axis] == 0) return list;
  const std::size_t step = bytes.size() / field.shape[axis];
  for (std::uint64_t i = 0; i < field.shape[axis]; ++i)
    list.push_back(field_of(field, bytes.subspan(i * step, step), axis + 1));
  return list;
}

[[noreturn]] void bad_value(const DataType& type, const Json& value) {
  std::string shown = value.is_binary() ? "bytes" : dump_json(value, JsonStyle::line);
  if (shown.size() > 80) shown = shown.substr(0, 80) + "...";
  throw Error(ErrorCode::invalid_argument,
              fmt::format("{} is no element of \"{}\"", shown, typestr(type)));
}

template <typename T>
T number_from(const DataType& type, const Json& value) {
  if constexpr (kIsComplex<T>) {
    if (value.is_array() && value.size() == 2 && value[0].is_number() && value[1].is_number())
      return cast_number<T>(std::complex<double>(value[0].get<double>(), value[1].get<double>()));
    if (value.is_number()) return cast_number<T>(value.get<double>());
  } else if constexpr (kIsFloating<T>) {
    if (value.is_number()) return cast_number<T>(value.get<double>());
  } else if constexpr (std::is_same_v<T, bool>) {
    if (value.is_boolean()) return value.get<bool>();
  } else if (value.is_number_integer()) {
    const auto bits = value.get<std::uint64_t>();
    const auto fits = static_cast<T>(bits);
    if (value == Json(fits)) return fits;
  }
  bad_value(type, value);
}

}  // namespace

Json json_of_element(const DataType& type, BytesView element) {
  switch (type.kind) {
    case Kind::structured: {
      Json record = Json::array();
      for (const Field& field : type.fields)
        record.push_back(field_of(field, element.subspan(field.offset, field.size()), 0));
      return record;
    }
    case Kind::bytes: {
      std::size_t size = element.size();
      while (size > 0 && element[size - 1] == std::byte{0}) --size;
      return binary(element.first(size));
    }
    case Kind::opaque:
      return binary(element);
    case Kind::unicode:
      return text(type, element);
    default:
      return number(type, element);
  }
}

void put_element(const DataType& type, const Json& value, std::span<std::byte> out) {
  Bytes bytes;
  switch (type.kind) {
    case Kind::structured:
      bad_value(type, value);
    case Kind::bytes:
    case Kind::opaque:
      if (value.is_binary()) {
        const auto given = std::as_bytes(std::span(value.get_binary()));
        bytes.assign(given.begin(), given.end());
      } else if (value.is_string()) {
        bytes = to_bytes(value.get_ref<const std::string&>());
      } else {
        bad_value(type, value);
      }
      break;
    case Kind::unicode:
      if (!value.is_string()) bad_value(type, value);
      bytes = to_utf32(value.get_ref<const std::string&>());
      break;
    default:
      visit_number(type, "vlen-array", [&]<typename T>(std::type_identity<T>) {
        const T native = number_from<T>(type, value);
        convert_numbers(type.little_endian(), std::as_bytes(std::span(&native, 1)), type, out);
      });
      return;
  }
  if (bytes.size() > out.size()) bad_value(type, value);
  std::fill(out.begin(), out.end(), std::byte{0});
  std::copy(bytes.begin(), bytes.end(), out.begin());
  if (type.kind == Kind::unicode && type.order == ByteOrder::big)
    for (std::size_t at = 0; at < out.size(); at += 4)
      std::reverse(out.begin() + static_cast<std::ptrdiff_t>(at),
                   out.begin() + static_cast<std::ptrdiff_t>(at + 4));
}

}  // namespace engram::codec
