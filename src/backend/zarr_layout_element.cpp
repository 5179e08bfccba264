#include "backend/zarr_layout_element.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "array/number.hpp"
#include "base/utf32.hpp"
#include "engram/array/region.hpp"
#include "engram/base/error.hpp"

namespace engram::backend::layout {
namespace {

using hdmf::Value;

[[noreturn]] void refuse(const DataType& type) {
  throw Error(ErrorCode::corrupt_data,
              fmt::format("a value does not fit into an element of {}", typestr(type)));
}

std::uint64_t integer_of(const DataType& type, const Value& value) {
  if (value.is<bool>()) return value.as<bool>() ? 1 : 0;
  if (value.is<std::int64_t>()) return static_cast<std::uint64_t>(value.as<std::int64_t>());
  if (value.is<std::uint64_t>()) return value.as<std::uint64_t>();
  refuse(type);
}

double floating_of(const DataType& type, const Value& value) {
  if (value.is<double>()) return value.as<double>();
  if (value.is<std::int64_t>()) return static_cast<double>(value.as<std::int64_t>());
  if (value.is<std::uint64_t>()) return static_cast<double>(value.as<std::uint64_t>());
  refuse(type);
}

void pack_complex(const DataType& type, const Value& value, std::span<std::byte> out) {
  if (!value.is<std::complex<double>>()) refuse(type);
  const auto& number = value.as<std::complex<double>>();
  const std::size_t half = out.size() / 2;
  put_floating(number.real(), out.first(half));
  put_floating(number.imag(), out.last(half));
}

void pack_bytes(const DataType& type, const Value& value, std::span<std::byte> out) {
  BytesView bytes;
  if (value.is<Bytes>()) {
    bytes = value.as<Bytes>();
  } else if (value.is<std::string>()) {
    bytes = as_bytes(value.as<std::string>());
  } else {
    refuse(type);
  }
  if (bytes.size() > out.size()) refuse(type);
  std::fill(std::copy(bytes.begin(), bytes.end(), out.begin()), out.end(), std::byte{0});
}

// A field that is an array: its values come nested, one list a dimension.
void pack_nested(const Field& field, std::size_t dimension, const Value& value,
                 std::span<std::byte> out) {
  if (dimension == field.shape.size()) return pack(field.type, value, out);
  if (!value.is<hdmf::List>() || value.as<hdmf::List>().size() != field.shape[dimension])
    refuse(field.type);
  const auto& list = value.as<hdmf::List>();
  if (list.empty()) return;
  const std::size_t step = out.size() / list.size();
  for (std::size_t i = 0; i < list.size(); ++i)
    pack_nested(field, dimension + 1, list[i], out.subspan(i * step, step));
}

std::span<std::byte> field_of(const Field& field, std::span<std::byte> element) {
  return element.subspan(static_cast<std::size_t>(field.offset),
                         static_cast<std::size_t>(field.size()));
}

}  // namespace

void pack(const DataType& type, const Value& value, std::span<std::byte> out) {
  switch (type.kind) {
    case Kind::boolean:
      out.front() = std::byte{integer_of(type, value) != 0 ? std::uint8_t{1} : std::uint8_t{0}};
      return;
    case Kind::integer:
    case Kind::unsigned_integer:
    case Kind::datetime:
    case Kind::timedelta:
      return put_integer(integer_of(type, value), out);
    case Kind::floating:
      return put_floating(floating_of(type, value), out);
    case Kind::complex:
      return pack_complex(type, value, out);
    case Kind::bytes:
    case Kind::opaque:
      return pack_bytes(type, value, out);
    case Kind::unicode:
      if (!value.is<std::string>() || !put_utf32(value.as<std::string>(), out)) refuse(type);
      return;
    case Kind::structured:
      break;
  }
  if (!value.is<hdmf::List>() || value.as<hdmf::List>().size() != type.fields.size()) refuse(type);
  std::fill(out.begin(), out.end(), std::byte{0});
  for (std::size_t i = 0; i < type.fields.size(); ++i)
    pack_nested(type.fields[i], 0, value.as<hdmf::List>()[i], field_of(type.fields[i], out));
}

}  // namespace engram::backend::layout
