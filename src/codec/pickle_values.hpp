#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "engram/array/data_type.hpp"
#include "engram/base/bytes.hpp"
#include "engram/base/json.hpp"
#include "engram/base/limits.hpp"

namespace engram::codec::pickle {

// What a pickle may hold. Values lie in an arena and name one another by number, since lists may
// hold one another, and themselves, in any way.

using Id = std::uint32_t;

enum class Type : std::uint8_t {
  none,
  boolean,
  integer,
  natural,  ///< An integer above the signed range.
  real,
  text,
  bytes,
  list,
  tuple,
  dict,    ///< `items` are key, value, key, value, ...
  global,  ///< A name that is allowed: see Global.
  dtype,   ///< `number` counts the arena's types.
  array,   ///< `number` counts the arena's arrays; a NumPy scalar is one of no dimensions.
};

/// The names that mean something; all others are refused.
enum class Global : std::uint8_t {
  reconstruct,
  scalar,
  frombuffer,
  ndarray,
  dtype,
  encode,
  bytes,
  bytearray,
  complex,
  object,
  copyreg_reconstructor,
  zarr_reference,
};

struct Value {
  Type type = Type::none;
  std::int64_t number = 0;  ///< boolean, integer, natural (its bits), global, dtype, array
  double real = 0;
  BytesView bytes;        ///< text (UTF-8 or Latin-1 of Python 2) and bytes
  std::vector<Id> items;  ///< list, tuple, dict
};

struct Dtype {
  DataType type;                     ///< Means nothing when `is_object`.
  bool is_object = false;            ///< "O", or a record with objects in it.
  std::vector<std::uint64_t> shape;  ///< Of a field that is an array: its elements are of `type`.
};

struct Array {
  bool is_set = false;
  std::int64_t dtype = -1;
  std::vector<std::uint64_t> shape;
  bool fortran = false;
  BytesView bytes;  ///< The elements, or:
  Id list = 0;      ///< for objects, their list.
};

/// Counts what a chunk takes in memory before it is taken.
class Budget {
 public:
  explicit Budget(std::uint64_t bytes) : left_(bytes), all_(bytes) {}
  /// Throws Error(limit_exceeded).
  void take(std::uint64_t bytes);

 private:
  std::uint64_t left_;
  std::uint64_t all_;
};

class Arena {
 public:
  explicit Arena(Budget& budget) : budget_(budget) {}

  Id add(Value value);
  Value& operator[](Id id) { return values_[id]; }
  const Value& operator[](Id id) const { return values_[id]; }

  /// Keeps bytes that do not lie in the payload.
  BytesView keep(std::string text);
  Budget& budget() noexcept { return budget_; }

  std::deque<Dtype> dtypes;
  std::deque<Array> arrays;

 private:
  Budget& budget_;
  std::deque<Value> values_;
  std::deque<std::string> texts_;
};

[[noreturn]] void corrupt(const std::string& what);

/// What a value is, for messages: "a list".
std::string_view type_name(Type type) noexcept;

Value integer_value(std::int64_t number);
Value natural_value(std::uint64_t number);
Value real_value(double number);
/// An integer in little-endian two's complement of any length; beyond 64 bits a real number.
Value long_value(BytesView bytes);
/// An integer in decimal digits, perhaps with an L behind it; beyond 64 bits a real number.
Value decimal_value(std::string_view digits);
Value real_line(std::string_view digits);
/// UTF-8 in which lone surrogates stand, as Python writes it, with bytes for them.
std::string from_surrogates(std::string_view text);
/// Python's "raw-unicode-escape": Latin-1, and \uXXXX and \UXXXXXXXX.
std::string from_raw_unicode(std::string_view text);
/// Python's repr() of a string: in quotes, with its escapes.
std::string from_repr(std::string_view text);

/// The allowed name, or throws Error(unsupported) naming module and name.
Global global_of(std::string_view module, std::string_view name);

/// global(arguments), as the opcodes REDUCE and NEWOBJ call it. `arguments` is a tuple.
Id call(Arena& arena, Global global, Id arguments);

/// What the opcode BUILD does: the state of an array or a type.
void build(Arena& arena, Id target, Id state);

/// Runs the pickle and returns what it made.
Id run(Arena& arena, BytesView payload);

/// The elements of the array `id`, in the order of its memory. Throws Error(corrupt_data) unless it
/// is an array of `count` elements.
std::vector<Json> elements_of(const Arena& arena, Id id, std::uint64_t count, const Limits& limits,
                              Budget& budget);

/// numpy.dtype(text).
Dtype parse_dtype(std::string_view text);

}  // namespace engram::codec::pickle
