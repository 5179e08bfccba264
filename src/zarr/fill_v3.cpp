#include "zarr/fill_v3.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <string>

#include "array/number.hpp"
#include "base/json_member.hpp"
#include "engram/base/error.hpp"
#include "zarr/fill_v2.hpp"

namespace engram::zarr {
namespace {

constexpr std::string_view kFillValue = "fill_value";

// The bits of the NaN that "NaN" stands for: positive and quiet, nothing else set.
bool is_usual_nan(BytesView number) {
  Bytes usual(number.size());
  put_floating(std::numeric_limits<double>::quiet_NaN(), usual);
  return std::equal(number.begin(), number.end(), usual.begin());
}

Json floating_to_v3(BytesView number) {
  const double value = get_floating(number);
  if (std::isnan(value) && !is_usual_nan(number))
    return fmt::format("0x{:0{}x}", get_unsigned(number), 2 * number.size());
  return fill_to_json(DataType::floating(number.size()), Bytes(number.begin(), number.end()));
}

// "0x7fc00000": the bits of a number, the highest first.
bool put_hexadecimal(const Json& json, std::span<std::byte> out) {
  if (!json.is_string()) return false;
  const auto& text = json.get_ref<const std::string&>();
  if (!text.starts_with("0x") || text.size() != 2 + 2 * out.size()) return false;
  std::uint64_t bits = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data() + 2, end, bits, 16);
  if (error != std::errc() || stop != end) bad_member(kFillValue, json, "hexadecimal digits");
  put_integer(bits, out);
  return true;
}

void floating_from_v3(const Json& json, std::span<std::byte> out) {
  if (put_hexadecimal(json, out)) return;
  if (json.is_boolean()) bad_member(kFillValue, json, "a number");
  const auto element = fill_from_json(DataType::floating(out.size()), json);
  if (!element) bad_member(kFillValue, json, "a number");
  std::copy(element->begin(), element->end(), out.begin());
}

// r16: zarr-python has base64; the standard a list of bytes.
bool put_list_of_bytes(const Json& json, std::span<std::byte> out) {
  if (!json.is_array()) return false;
  if (json.size() != out.size()) bad_member(kFillValue, json, fmt::format("{} bytes", out.size()));
  for (std::size_t i = 0; i < out.size(); ++i) {
    const std::uint64_t value = length_of(json[i], kFillValue);
    if (value > 255) bad_member(kFillValue, json, "bytes from 0 to 255");
    out[i] = static_cast<std::byte>(value);
  }
  return true;
}

void record_from_v3(const DataType& type, const Json& json, std::span<std::byte> out) {
  for (const auto& [name, value] : json.items()) {
    const auto field =
        std::find_if(type.fields.begin(), type.fields.end(),
                     [&, &wanted = name](const Field& each) { return each.name == wanted; });
    if (field == type.fields.end())
      bad_member(kFillValue, json,
                 fmt::format("values of the fields alone (\"{}\" is none)", name));
    const Bytes element = fill_from_v3(field->type, value);
    std::copy(element.begin(), element.end(),
              out.begin() + static_cast<std::ptrdiff_t>(field->offset));
  }
  if (json.size() != type.fields.size()) bad_member(kFillValue, json, "a value for each field");
}

}  // namespace

Json fill_to_v3(const DataType& type, BytesView fill_value) {
  Bytes element(fill_value.begin(), fill_value.end());
  if (element.size() != type.size) return fill_to_json(type, element);  // It says what is wrong.
  make_little_endian(type, element);
  const BytesView view = element;
  const std::size_t half = element.size() / 2;
  switch (type.kind) {
    case Kind::floating:
      return floating_to_v3(view);
    case Kind::complex:
      return Json::array({floating_to_v3(view.first(half)), floating_to_v3(view.last(half))});
    case Kind::datetime:
    case Kind::timedelta:
      if (get_integer(view) == kNotATime) return "NaT";
      return get_integer(view);
    case Kind::bytes:
    case Kind::opaque:
    case Kind::structured:
      return to_base64(view);
    default:
      return fill_to_json(type.little_endian(), element);
  }
}

Bytes fill_from_v3(const DataType& type, const Json& json) {
  Bytes element(static_cast<std::size_t>(type.size), std::byte{0});
  const std::span<std::byte> out = element;
  const std::size_t half = element.size() / 2;
  switch (type.kind) {
    case Kind::boolean:
      if (!json.is_boolean()) bad_member(kFillValue, json, "true or false");
      element.front() = std::byte{json.get<bool>() ? std::uint8_t{1} : std::uint8_t{0}};
      return element;
    case Kind::floating:
      floating_from_v3(json, out);
      break;
    case Kind::complex:
      if (!json.is_array() || json.size() != 2) bad_member(kFillValue, json, "a pair of numbers");
      floating_from_v3(json[0], out.first(half));
      floating_from_v3(json[1], out.last(half));
      break;
    case Kind::structured:
      if (!json.is_object()) break;
      record_from_v3(type.little_endian(), json, out);
      make_little_endian(type, element);  // its own reverse
      return element;
    case Kind::opaque:
      if (put_list_of_bytes(json, out)) return element;
      break;
    case Kind::integer:
    case Kind::unsigned_integer:
      if (!json.is_number())
        bad_member(kFillValue, json, "a number that fits into " + typestr(type));
      break;
    default:
      break;
  }
  if (type.kind == Kind::floating || type.kind == Kind::complex) {
    make_little_endian(type, element);
    return element;
  }
  if (json.is_boolean() || json.is_null())
    bad_member(kFillValue, json, "a value of " + typestr(type));
  Bytes filled = *fill_from_json(type.little_endian(), json);
  make_little_endian(type, filled);
  return filled;
}

}  // namespace engram::zarr
