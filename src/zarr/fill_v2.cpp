#include "zarr/fill_v2.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "array/number.hpp"
#include "base/json_member.hpp"
#include "base/utf32.hpp"
#include "engram/base/error.hpp"

namespace engram::zarr {
namespace {

constexpr std::string_view kMember = "fill_value";

Json floating_to_json(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "Infinity" : "-Infinity";
  return value;
}

double floating_from_json(const Json& json) {
  if (json.is_string()) {
    const auto& text = json.get_ref<const std::string&>();
    if (text == "NaN") return std::numeric_limits<double>::quiet_NaN();
    if (text == "Infinity") return std::numeric_limits<double>::infinity();
    if (text == "-Infinity") return -std::numeric_limits<double>::infinity();
  }
  if (json.is_boolean()) return json.get<bool>() ? 1.0 : 0.0;
  if (!json.is_number())
    bad_member(kMember, json, "a number, \"NaN\", \"Infinity\" or \"-Infinity\"");
  return json.get<double>();
}

bool is_whole(const Json& json) {
  if (!json.is_number_float()) return false;
  const double value = json.get<double>();
  return value == std::trunc(value) && std::fabs(value) < 9007199254740992.0;
}

// zarr-python lets NumPy convert, so true and 3.0 are integers as well.
std::uint64_t integer_from_json(const Json& json, const DataType& type) {
  const bool is_signed = type.kind != Kind::unsigned_integer;
  const auto bits = static_cast<unsigned>(8 * type.size);
  const auto refuse = [&] {
    bad_member(kMember, json, "a number that fits into " + typestr(type));
  };
  if (json.is_boolean()) return json.get<bool>() ? 1 : 0;
  if (!json.is_number_integer() && !is_whole(json)) refuse();
  if (json.is_number_unsigned()) {
    const auto value = json.get<std::uint64_t>();
    const std::uint64_t greatest = ~std::uint64_t{0} >> (64 - bits + (is_signed ? 1U : 0U));
    if (value > greatest) refuse();
    return value;
  }
  const auto value = json.get<std::int64_t>();
  if (!is_signed) {
    if (value < 0) refuse();
    if (bits < 64 && static_cast<std::uint64_t>(value) >> bits != 0) refuse();
  } else if (const std::int64_t top = value >> (bits - 1); top != 0 && top != -1) {
    refuse();
  }
  return static_cast<std::uint64_t>(value);
}

bool is_zero(const Json& json) { return json.is_number() && json.get<double>() == 0.0; }

// Bio-Formats writes "0" for 0, which NumPy takes.
std::optional<Json> quoted_number(const DataType& type, const Json& json) {
  if (!json.is_string() || type.kind > Kind::floating) return std::nullopt;
  try {
    Json number = parse_json(json.get_ref<const std::string&>());
    if (number.is_number()) return number;
  } catch (const Error&) {
    return std::nullopt;
  }
  return std::nullopt;
}

void unicode_from_json(const Json& json, std::span<std::byte> out) {
  if (!json.is_string() || !put_utf32(json.get_ref<const std::string&>(), out))
    bad_member(kMember, json, "text of at most " + std::to_string(out.size() / 4) + " characters");
}

void bytes_from_json(const Json& json, std::span<std::byte> out) {
  const std::string expected = "base64 of at most " + std::to_string(out.size()) + " bytes";
  if (!json.is_string()) bad_member(kMember, json, expected);
  Bytes bytes;
  try {
    bytes = from_base64(json.get_ref<const std::string&>());
  } catch (const Error&) {
    bad_member(kMember, json, expected);
  }
  if (bytes.size() > out.size()) bad_member(kMember, json, expected);
  std::copy(bytes.begin(), bytes.end(), out.begin());
}

}  // namespace

Json fill_to_json(const DataType& type, const std::optional<Bytes>& fill_value) {
  if (!fill_value) return nullptr;
  Bytes element = *fill_value;
  if (element.size() != type.size)
    throw Error(ErrorCode::invalid_argument, "a fill value of " + std::to_string(element.size()) +
                                                 " bytes for " + typestr(type) + ", which has " +
                                                 std::to_string(type.size));
  // Base64 shows bytes as they are stored; all else is read as numbers.
  const bool as_stored =
      type.kind == Kind::bytes || type.kind == Kind::opaque || type.kind == Kind::structured;
  if (!as_stored) make_little_endian(type, element);
  const std::size_t half = element.size() / 2;
  const BytesView view = element;
  switch (type.kind) {
    case Kind::boolean:
      return element.front() != std::byte{0};
    case Kind::integer:
    case Kind::datetime:
    case Kind::timedelta:
      return get_integer(view);
    case Kind::unsigned_integer:
      return get_unsigned(view);
    case Kind::floating:
      return floating_to_json(get_floating(view));
    case Kind::complex:
      return Json::array({floating_to_json(get_floating(view.first(half))),
                          floating_to_json(get_floating(view.last(half)))});
    case Kind::unicode:
      return from_utf32(view, Escapes::refused);
    default:
      return to_base64(view);
  }
}

std::optional<Bytes> fill_from_json(const DataType& type, const Json& json) {
  if (json.is_null()) return std::nullopt;
  if (const auto number = quoted_number(type, json)) return fill_from_json(type, *number);
  Bytes element(static_cast<std::size_t>(type.size), std::byte{0});
  const std::span<std::byte> out = element;
  const std::size_t half = element.size() / 2;
  switch (type.kind) {
    case Kind::boolean:
      if (!json.is_boolean() && !json.is_number()) bad_member(kMember, json, "true or false");
      element.front() =
          std::byte{(json.is_boolean() ? json.get<bool>() : !is_zero(json)) ? std::uint8_t{1}
                                                                            : std::uint8_t{0}};
      return element;
    case Kind::datetime:
    case Kind::timedelta:
      put_integer(
          json == "NaT" ? static_cast<std::uint64_t>(kNotATime) : integer_from_json(json, type),
          out);
      break;
    case Kind::integer:
    case Kind::unsigned_integer:
      put_integer(integer_from_json(json, type), out);
      break;
    case Kind::floating:
      put_floating(floating_from_json(json), out);
      break;
    case Kind::complex:
      if (json.is_array() && json.size() == 2) {
        put_floating(floating_from_json(json[0]), out.first(half));
        put_floating(floating_from_json(json[1]), out.last(half));
      } else if (json.is_number()) {
        put_floating(json.get<double>(), out.first(half));
      } else {
        bad_member(kMember, json, "a pair of numbers");
      }
      break;
    case Kind::unicode:
      if (!is_zero(json)) unicode_from_json(json, out);
      break;
    default:
      if (!is_zero(json)) bytes_from_json(json, out);
      return element;
  }
  make_little_endian(type, element);  // its own reverse: here it makes big-endian of little-endian
  return element;
}

}  // namespace engram::zarr
