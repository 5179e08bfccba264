#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engram/base/bytes.hpp"

namespace engram {

/// What an element of fixed size is made of.
enum class Kind : std::uint8_t {
  boolean,  ///< One byte, 0 or 1.
  integer,  ///< Two's complement.
  unsigned_integer,
  floating,    ///< IEEE 754 of 2, 4 or 8 bytes; 16 bytes: the platform's long double, padded.
  complex,     ///< Two floating numbers, real part first.
  bytes,       ///< Fixed-length bytes, padded with NUL (NumPy "S").
  unicode,     ///< Fixed-length UTF-32, padded with NUL (NumPy "U").
  opaque,      ///< Bytes without a meaning (NumPy "V").
  datetime,    ///< A count of units since 1970-01-01T00:00:00, 8 bytes, signed (NumPy "M8").
  timedelta,   ///< A count of units, 8 bytes, signed (NumPy "m8").
  structured,  ///< Named fields, each at an offset.
};

enum class ByteOrder : std::uint8_t { little, big };

struct Field;

/// The type of an array's elements when they all have one size. A value; compared by value.
struct DataType {
  Kind kind = Kind::unsigned_integer;
  std::uint64_t size = 1;               ///< Bytes of one element.
  ByteOrder order = ByteOrder::little;  ///< Means nothing where has_byte_order() is false.
  std::vector<Field> fields;            ///< structured only; in the order of their bytes.
  std::string
      unit;  ///< datetime and timedelta only, as NumPy spells it: "ns", "25us"; "": generic.

  static DataType boolean();
  static DataType integer(std::uint64_t size, ByteOrder order = ByteOrder::little);
  static DataType unsigned_integer(std::uint64_t size, ByteOrder order = ByteOrder::little);
  static DataType floating(std::uint64_t size, ByteOrder order = ByteOrder::little);
  /// `size` counts both parts: 8 or 16 (32: two of the platform's long double).
  static DataType complex(std::uint64_t size, ByteOrder order = ByteOrder::little);
  static DataType bytes(std::uint64_t size);
  /// `length` in characters of 4 bytes.
  static DataType unicode(std::uint64_t length, ByteOrder order = ByteOrder::little);
  static DataType opaque(std::uint64_t size);
  /// `unit`: one of NumPy's Y M W D h m s ms us ns ps fs as, with a count from 2 to 2147483647 in
  /// front where it is not 1, or "". Throw Error(unsupported) naming it when it is none.
  static DataType datetime(std::string_view unit, ByteOrder order = ByteOrder::little);
  static DataType timedelta(std::string_view unit, ByteOrder order = ByteOrder::little);
  /// Fields laid one after another without padding; their offsets are set here.
  static DataType structured(std::vector<Field> fields);

  /// True for numbers of more than one byte, times and unicode; structured types: never.
  bool has_byte_order() const noexcept;

  /// The same type with every number, at any depth, little-endian.
  DataType little_endian() const;

  /// True when bytes of this type are already little-endian at every depth.
  bool is_little_endian() const noexcept;
};

/// One field of a structured type: a value, or a fixed-size array of values (C order).
struct Field {
  std::string name;
  DataType type;
  std::vector<std::uint64_t> shape;  ///< Empty: one value.
  std::uint64_t offset = 0;          ///< Bytes from the start of the element.

  /// Bytes of the whole field.
  std::uint64_t size() const;
};

bool operator==(const DataType& a, const DataType& b);
bool operator==(const Field& a, const Field& b);

/// The count that stands for "no time" (NumPy's NaT) in datetime and timedelta.
inline constexpr std::int64_t kNotATime = std::numeric_limits<std::int64_t>::min();

/// NumPy's type string: "<i2", "|u1", "|b1", ">f8", "<c16", "|S10", "<U4", "|V3", "<M8[ns]", "<m8".
/// For a structured type its bytes as a void, "|V12".
std::string typestr(const DataType& type);

/// The type that NumPy's type string names. Throws Error(unsupported) naming `text` when there is
/// none; sizes of 0, as in "|S0", are none, nor are "=" and "|" where a byte order matters.
DataType parse_typestr(std::string_view text);

/// NumPy's name of the type: "int16", "float64", "longdouble", "bool", "bytes" for "S", "str" for
/// "U", "void", "datetime64[ns]". What hdmf-zarr puts into `zarr_dtype`.
std::string type_name(const DataType& type);

/// The point in time that `count` units of `type`, a datetime, stand for, as NumPy prints it: ISO
/// 8601 as far as the unit goes, "2026-11-21", "1969-12-31T23:59:59.999999999", and "NaT". Of a
/// generic datetime the number.
std::string time_text(const DataType& type, std::int64_t count);

/// Turns elements of `type`, which lie one after another in `elements`, to little-endian in place.
/// Throws Error(invalid_argument) when `elements` is no whole number of them.
void make_little_endian(const DataType& type, std::span<std::byte> elements);

}  // namespace engram
