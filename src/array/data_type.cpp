#include "engram/array/data_type.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <initializer_list>
#include <optional>
#include <utility>

#include "engram/array/region.hpp"
#include "engram/base/error.hpp"
#include "engram/base/utf8.hpp"

namespace engram {
namespace {

constexpr std::uint64_t kCharacterSize = 4;
// NumPy keeps the size of an element in an int.
constexpr std::uint64_t kMaxSize = 0x7fffffff;

DataType simple(Kind kind, std::uint64_t size, ByteOrder order) {
  DataType type;
  type.kind = kind;
  type.size = size;
  type.order = size == 1 ? ByteOrder::little : order;
  return type;
}

void reverse_each(std::byte* at, std::uint64_t size, std::uint64_t count) {
  const auto swap_words = [&](auto word, auto swap) {
    for (std::uint64_t i = 0; i < count; ++i, at += sizeof word) {
      std::memcpy(&word, at, sizeof word);
      word = swap(word);
      std::memcpy(at, &word, sizeof word);
    }
  };
  switch (size) {
    case 2:
      return swap_words(std::uint16_t{}, [](std::uint16_t w) { return __builtin_bswap16(w); });
    case 4:
      return swap_words(std::uint32_t{}, [](std::uint32_t w) { return __builtin_bswap32(w); });
    case 8:
      return swap_words(std::uint64_t{}, [](std::uint64_t w) { return __builtin_bswap64(w); });
    default:
      for (std::uint64_t i = 0; i < count; ++i, at += size) std::reverse(at, at + size);
  }
}

/// Bytes of one number of `type`, which has a byte order.
std::uint64_t unit_size(const DataType& type) {
  if (type.kind == Kind::complex) return std::max<std::uint64_t>(1, type.size / 2);
  return type.kind == Kind::unicode ? kCharacterSize : type.size;
}

/// Fields of a record must lie in it before anybody writes through their offsets.
void check_fields(const DataType& type) {
  for (const Field& field : type.fields) {
    const std::uint64_t size = field.size();
    if (size > type.size || field.offset > type.size - size) {
      throw Error(ErrorCode::invalid_argument,
                  fmt::format("field {} of {} bytes at {} is outside its element of {} bytes",
                              field.name, size, field.offset, type.size));
    }
    check_fields(field.type);
  }
}

void swap_elements(const DataType& type, std::byte* at, std::uint64_t count) {
  if (type.is_little_endian()) return;
  if (type.kind != Kind::structured) {
    const std::uint64_t unit = unit_size(type);
    reverse_each(at, unit, type.size / unit * count);
    return;
  }
  std::vector<const Field*> swapped;
  for (const Field& field : type.fields) {
    if (!field.type.is_little_endian()) swapped.push_back(&field);
  }
  for (std::uint64_t i = 0; i < count; ++i, at += type.size) {
    for (const Field* field : swapped) {
      swap_elements(field->type, at + field->offset, element_count(field->shape));
    }
  }
}

bool is_time(const DataType& type) {
  return type.kind == Kind::datetime || type.kind == Kind::timedelta;
}

// NumPy's unit with its count, as NumPy prints it: without a count of 1.
std::optional<std::string> normal_unit(std::string_view text) {
  static constexpr std::array<std::string_view, 13> kUnits = {
      "Y", "M", "W", "D", "h", "m", "s", "ms", "us", "ns", "ps", "fs", "as"};
  std::int32_t count = 1;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error == std::errc::result_out_of_range || count < 1) return std::nullopt;
  const std::string_view unit = text.substr(static_cast<std::size_t>(stop - text.data()));
  if (std::find(kUnits.begin(), kUnits.end(), unit) == kUnits.end()) return std::nullopt;
  return count == 1 ? std::string(unit) : fmt::format("{}{}", count, unit);
}

DataType time(Kind kind, std::string_view unit, ByteOrder order) {
  DataType type = simple(kind, 8, order);
  if (unit.empty()) return type;
  const auto normal = normal_unit(unit);
  if (!normal)
    throw Error(
        ErrorCode::unsupported,
        fmt::format("unknown unit of time \"{}\": known are Y, M, W, D, h, m, s, ms, us, ns, "
                    "ps, fs and as, with a count in front",
                    printable(unit, 64)));
  type.unit = *normal;
  return type;
}

[[noreturn]] void throw_unknown(std::string_view text) {
  throw Error(ErrorCode::unsupported,
              fmt::format("unknown data type \"{}\": known are b1, i1 to i8, u1 to u8, f2 to f16, "
                          "c8 to c32, S, U and V with a size, M8 and m8 with NumPy's unit in "
                          "brackets, with < or > in front where they have a byte order, else |",
                          printable(text, 64)));
}

char order_letter(const DataType& type) {
  if (!type.has_byte_order()) return '|';
  return type.order == ByteOrder::little ? '<' : '>';
}

// "<M8[25us]", ">m8": what the letter says is known already.
DataType parse_time(std::string_view text) {
  const ByteOrder order = text[0] == '>' ? ByteOrder::big : ByteOrder::little;
  const bool is_bare = text.size() == 3;
  const bool has_unit = text.size() > 5 && text[3] == '[' && text.back() == ']';
  if ((text[0] != '<' && text[0] != '>') || text[2] != '8' || (!is_bare && !has_unit))
    throw_unknown(text);
  const std::string_view unit = is_bare ? std::string_view() : text.substr(4, text.size() - 5);
  if (!unit.empty() && !normal_unit(unit)) throw_unknown(text);
  return time(text[1] == 'M' ? Kind::datetime : Kind::timedelta, unit, order);
}

bool is_one_of(std::uint64_t size, std::initializer_list<std::uint64_t> sizes) {
  return std::find(sizes.begin(), sizes.end(), size) != sizes.end();
}

}  // namespace

DataType DataType::boolean() { return simple(Kind::boolean, 1, ByteOrder::little); }
DataType DataType::integer(std::uint64_t size, ByteOrder order) {
  return simple(Kind::integer, size, order);
}
DataType DataType::unsigned_integer(std::uint64_t size, ByteOrder order) {
  return simple(Kind::unsigned_integer, size, order);
}
DataType DataType::floating(std::uint64_t size, ByteOrder order) {
  return simple(Kind::floating, size, order);
}
DataType DataType::complex(std::uint64_t size, ByteOrder order) {
  return simple(Kind::complex, size, order);
}
DataType DataType::bytes(std::uint64_t size) {
  return simple(Kind::bytes, size, ByteOrder::little);
}
DataType DataType::unicode(std::uint64_t length, ByteOrder order) {
  return simple(Kind::unicode, checked_multiply(length, kCharacterSize, "size of a text"), order);
}
DataType DataType::opaque(std::uint64_t size) {
  return simple(Kind::opaque, size, ByteOrder::little);
}

DataType DataType::datetime(std::string_view unit, ByteOrder order) {
  return time(Kind::datetime, unit, order);
}
DataType DataType::timedelta(std::string_view unit, ByteOrder order) {
  return time(Kind::timedelta, unit, order);
}

DataType DataType::structured(std::vector<Field> fields) {
  DataType type = simple(Kind::structured, 0, ByteOrder::little);
  for (Field& field : fields) {
    field.offset = type.size;
    type.size = checked_add(type.size, field.size(), "size of a record");
  }
  type.fields = std::move(fields);
  return type;
}

bool DataType::has_byte_order() const noexcept {
  switch (kind) {
    case Kind::integer:
    case Kind::unsigned_integer:
    case Kind::floating:
      return size > 1;
    case Kind::complex:
    case Kind::unicode:
    case Kind::datetime:
    case Kind::timedelta:
      return true;
    case Kind::boolean:
    case Kind::bytes:
    case Kind::opaque:
    case Kind::structured:
      break;
  }
  return false;
}

DataType DataType::little_endian() const {
  DataType type = *this;
  type.order = ByteOrder::little;
  for (Field& field : type.fields) field.type = field.type.little_endian();
  return type;
}

bool DataType::is_little_endian() const noexcept {
  if (has_byte_order()) return order == ByteOrder::little;
  return std::all_of(fields.begin(), fields.end(),
                     [](const Field& field) { return field.type.is_little_endian(); });
}

std::uint64_t Field::size() const {
  return checked_multiply(element_count(shape), type.size, "size of a field");
}

bool operator==(const DataType& a, const DataType& b) {
  return a.kind == b.kind && a.size == b.size && (!a.has_byte_order() || a.order == b.order) &&
         a.unit == b.unit && a.fields == b.fields;
}

bool operator==(const Field& a, const Field& b) {
  return a.name == b.name && a.type == b.type && a.shape == b.shape && a.offset == b.offset;
}

std::string typestr(const DataType& type) {
  if (is_time(type)) {
    const char letter = type.kind == Kind::datetime ? 'M' : 'm';
    return fmt::format("{}{}8{}", order_letter(type), letter,
                       type.unit.empty() ? "" : "[" + type.unit + "]");
  }
  char letter = 'V';
  std::uint64_t number = type.size;
  switch (type.kind) {
    case Kind::boolean:
      letter = 'b';
      break;
    case Kind::integer:
      letter = 'i';
      break;
    case Kind::unsigned_integer:
      letter = 'u';
      break;
    case Kind::floating:
      letter = 'f';
      break;
    case Kind::complex:
      letter = 'c';
      break;
    case Kind::bytes:
      letter = 'S';
      break;
    case Kind::unicode:
      letter = 'U';
      number = type.size / kCharacterSize;
      break;
    case Kind::opaque:
    case Kind::datetime:
    case Kind::timedelta:
    case Kind::structured:
      break;
  }
  return fmt::format("{}{}{}", order_letter(type), letter, number);
}

DataType parse_typestr(std::string_view text) {
  if (text.size() < 3) throw_unknown(text);
  const char order = text[0];
  const char letter = text[1];
  if (letter == 'M' || letter == 'm') return parse_time(text);
  std::uint64_t number = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data() + 2, end, number);
  if (error != std::errc() || stop != end || number == 0 || number > kMaxSize) throw_unknown(text);
  if (order != '<' && order != '>' && order != '|') throw_unknown(text);

  DataType type;
  bool is_known = true;
  switch (letter) {
    case 'b':
      type = DataType::boolean();
      is_known = number == 1;
      break;
    case 'i':
      type = DataType::integer(number);
      is_known = is_one_of(number, {1, 2, 4, 8});
      break;
    case 'u':
      type = DataType::unsigned_integer(number);
      is_known = is_one_of(number, {1, 2, 4, 8});
      break;
    case 'f':
      type = DataType::floating(number);
      is_known = is_one_of(number, {2, 4, 8, 16});
      break;
    case 'c':
      type = DataType::complex(number);
      is_known = is_one_of(number, {8, 16, 32});
      break;
    case 'S':
      type = DataType::bytes(number);
      break;
    case 'U':
      type = DataType::unicode(number);
      is_known = type.size <= kMaxSize;
      break;
    case 'V':
      type = DataType::opaque(number);
      break;
    default:
      is_known = false;
  }
  if (!is_known || (type.has_byte_order() && order == '|')) throw_unknown(text);
  if (type.has_byte_order() && order == '>') type.order = ByteOrder::big;
  return type;
}

std::string type_name(const DataType& type) {
  const std::uint64_t bits = type.size * 8;
  switch (type.kind) {
    case Kind::boolean:
      return "bool";
    case Kind::integer:
      return fmt::format("int{}", bits);
    case Kind::unsigned_integer:
      return fmt::format("uint{}", bits);
    case Kind::floating:
      return type.size == 16 ? "longdouble" : fmt::format("float{}", bits);
    case Kind::complex:
      return type.size == 32 ? "clongdouble" : fmt::format("complex{}", bits);
    case Kind::bytes:
      return "bytes";
    case Kind::unicode:
      return "str";
    case Kind::datetime:
    case Kind::timedelta:
      return fmt::format("{}64{}", type.kind == Kind::datetime ? "datetime" : "timedelta",
                         type.unit.empty() ? "" : "[" + type.unit + "]");
    case Kind::opaque:
    case Kind::structured:
      break;
  }
  return "void";
}

void make_little_endian(const DataType& type, std::span<std::byte> elements) {
  if (type.is_little_endian() || type.size == 0) return;
  check_fields(type);
  if (elements.size() % type.size != 0) {
    throw Error(ErrorCode::invalid_argument,
                fmt::format("{} bytes are no whole number of elements of {} bytes", elements.size(),
                            type.size));
  }
  swap_elements(type, elements.data(), elements.size() / type.size);
}

}  // namespace engram
