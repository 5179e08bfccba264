// The names that a pickle may call, and what they make: NumPy's arrays, types and scalars, bytes as
// protocols 0 to 2 have them, and hdmf-zarr's references, which are dictionaries.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "codec/pickle_values.hpp"
#include "engram/base/error.hpp"
#include "engram/base/utf8.hpp"

namespace engram::codec::pickle {
namespace {

struct Name {
  std::string_view module, name;
  Global global;
};

constexpr std::array<Name, 19> kNames = {
    {{"numpy.core.multiarray", "_reconstruct", Global::reconstruct},
     {"numpy._core.multiarray", "_reconstruct", Global::reconstruct},
     {"numpy.core.multiarray", "scalar", Global::scalar},
     {"numpy._core.multiarray", "scalar", Global::scalar},
     {"numpy.core.numeric", "_frombuffer", Global::frombuffer},
     {"numpy._core.numeric", "_frombuffer", Global::frombuffer},
     {"numpy", "ndarray", Global::ndarray},
     {"numpy", "dtype", Global::dtype},
     {"_codecs", "encode", Global::encode},
     {"builtins", "bytes", Global::bytes},
     {"__builtin__", "bytes", Global::bytes},
     {"builtins", "bytearray", Global::bytearray},
     {"__builtin__", "bytearray", Global::bytearray},
     {"builtins", "complex", Global::complex},
     {"__builtin__", "complex", Global::complex},
     {"copyreg", "_reconstructor", Global::copyreg_reconstructor},
     {"copy_reg", "_reconstructor", Global::copyreg_reconstructor},
     {"hdmf_zarr.utils", "ZarrReference", Global::zarr_reference},
     {"hdmf.backends.zarr.zarr_utils", "ZarrReference", Global::zarr_reference}}};

constexpr std::uint64_t kMaxRank = 64;
constexpr std::uint32_t kMaxFieldDepth = 32;
constexpr std::size_t kMaxFields = 4096;

const Value& argument(const Arena& arena, Id tuple, std::size_t place, Type type) {
  const Value& arguments = arena[tuple];
  if (place >= arguments.items.size())
    corrupt(fmt::format("a call has {} arguments, too few", arguments.items.size()));
  const Value& value = arena[arguments.items[place]];
  if (value.type != type)
    corrupt(fmt::format("argument {} of a call is {}, expected {}", place, type_name(value.type),
                        type_name(type)));
  return value;
}

std::uint64_t length(const Value& value) {
  if (value.type != Type::integer || value.number < 0)
    corrupt(fmt::format("a length is {}", type_name(value.type)));
  return static_cast<std::uint64_t>(value.number);
}

std::vector<std::uint64_t> shape_of(const Arena& arena, Id id) {
  const Value& tuple = arena[id];
  if (tuple.type == Type::integer) return {length(tuple)};
  if (tuple.type != Type::tuple || tuple.items.size() > kMaxRank)
    corrupt("a shape is no tuple of lengths");
  std::vector<std::uint64_t> shape;
  for (const Id item : tuple.items) shape.push_back(length(arena[item]));
  return shape;
}

std::uint64_t count_of(const std::vector<std::uint64_t>& shape) {
  std::uint64_t count = 1;
  for (const std::uint64_t extent : shape)
    count = checked_multiply(count, extent, "elements of a pickled array");
  return count;
}

// What has bytes: bytes themselves, and texts of Python 2.
BytesView data_of(const Value& value) {
  if (value.type != Type::bytes && value.type != Type::text)
    corrupt(fmt::format("elements are {}, expected bytes", type_name(value.type)));
  return value.bytes;
}

bool truth(const Value& value) {
  return (value.type == Type::boolean || value.type == Type::integer) && value.number != 0;
}

Id add_bytes(Arena& arena, BytesView bytes) {
  Value value;
  value.type = Type::bytes;
  value.bytes = bytes;
  return arena.add(std::move(value));
}

Id add_dtype(Arena& arena, Dtype dtype) {
  arena.budget().take(sizeof(Dtype));
  arena.dtypes.push_back(std::move(dtype));
  Value value;
  value.type = Type::dtype;
  value.number = static_cast<std::int64_t>(arena.dtypes.size() - 1);
  return arena.add(std::move(value));
}

Id add_array(Arena& arena, Array array) {
  arena.budget().take(sizeof(Array));
  arena.arrays.push_back(std::move(array));
  Value value;
  value.type = Type::array;
  value.number = static_cast<std::int64_t>(arena.arrays.size() - 1);
  return arena.add(std::move(value));
}

void check_data(const Arena& arena, const Array& array) {
  const Dtype& dtype = arena.dtypes[static_cast<std::size_t>(array.dtype)];
  const std::uint64_t size =
      checked_multiply(count_of(array.shape), dtype.type.size, "the size of a pickled array");
  if (array.bytes.size() != size)
    corrupt(fmt::format("an array has {} bytes, expected {}", array.bytes.size(), size));
}

// Latin-1 is how bytes are written before protocol 3.
Id encode(Arena& arena, Id arguments) {
  const std::string_view text = as_text(argument(arena, arguments, 0, Type::text).bytes);
  std::string encoding = "utf-8";
  if (arena[arguments].items.size() > 1)
    encoding = as_text(argument(arena, arguments, 1, Type::text).bytes);
  if (encoding != "latin1" && encoding != "latin-1")
    throw Error(ErrorCode::unsupported,
                fmt::format("pickle: bytes in the encoding \"{}\"", printable(encoding, 40)));
  std::string bytes;
  for (std::size_t at = 0; at < text.size();) {
    const Utf8Step step = next_code_point(text, at);
    if (step.code_point > 0xff) corrupt("bytes have a character above 255");
    bytes.push_back(static_cast<char>(step.code_point));
    at += step.size;
  }
  return add_bytes(arena, arena.keep(std::move(bytes)));
}

Id make_scalar(Arena& arena, Id arguments) {
  Array scalar;
  scalar.dtype = argument(arena, arguments, 0, Type::dtype).number;
  if (arena.dtypes[static_cast<std::size_t>(scalar.dtype)].is_object)
    throw Error(ErrorCode::unsupported, "pickle: a NumPy scalar that is an object");
  const std::vector<Id>& items = arena[arguments].items;
  if (items.size() < 2) corrupt("a NumPy scalar has no value");
  scalar.bytes = data_of(arena[items[1]]);
  scalar.is_set = true;
  check_data(arena, scalar);
  return add_array(arena, std::move(scalar));
}

// _frombuffer(bytes, dtype, shape, order)
Id make_from_buffer(Arena& arena, Id arguments) {
  const std::vector<Id>& items = arena[arguments].items;
  if (items.size() < 4) corrupt("an array has too few arguments");
  Array array;
  array.bytes = data_of(arena[items[0]]);
  array.dtype = argument(arena, arguments, 1, Type::dtype).number;
  array.shape = shape_of(arena, items[2]);
  array.fortran = as_text(argument(arena, arguments, 3, Type::text).bytes) == "F";
  array.is_set = true;
  if (arena.dtypes[static_cast<std::size_t>(array.dtype)].is_object)
    corrupt("an array of objects has bytes for them");
  check_data(arena, array);
  return add_array(arena, std::move(array));
}

Id add_reference(Arena& arena) {
  Value value;
  value.type = Type::dict;
  return arena.add(std::move(value));
}

// _reconstructor(class, base, state): how protocols 0 and 1 make an object.
Id reconstruct_object(Arena& arena, Id arguments) {
  const Value& made = argument(arena, arguments, 0, Type::global);
  if (static_cast<Global>(made.number) != Global::zarr_reference)
    throw Error(ErrorCode::unsupported, "pickle makes an object of a class that is refused");
  const std::vector<Id>& items = arena[arguments].items;
  return items.size() > 2 && arena[items[2]].type == Type::dict ? items[2] : add_reference(arena);
}

// --- The state of a type: (version, byte order, (base, shape), names, fields, size, ...) ---

void set_order(DataType& type, std::string_view order) {
  if (order == ">") type.order = ByteOrder::big;
}

std::string time_unit(const Arena& arena, const Value& state) {
  // ({}, (unit, count, numerator, denominator)), the last of which is always 1.
  if (state.items.size() < 9) return "";
  const Value& metadata = arena[state.items[8]];
  if (metadata.type != Type::tuple || metadata.items.size() != 2) return "";
  const Value& unit = arena[metadata.items[1]];
  if (unit.type != Type::tuple || unit.items.size() < 2) return "";
  const Value& name = arena[unit.items[0]];
  const Value& count = arena[unit.items[1]];
  if ((name.type != Type::text && name.type != Type::bytes) || count.type != Type::integer)
    corrupt("a type of times has no unit");
  if (as_text(name.bytes) == "generic") return "";
  return fmt::format("{}{}", count.number, as_text(name.bytes));
}

std::uint32_t depth_of(const DataType& type) {
  std::uint32_t depth = 0;
  for (const Field& field : type.fields) depth = std::max(depth, 1 + depth_of(field.type));
  return depth;
}

// What a copy of a type takes: records of records of records grow with each level.
std::uint64_t weight_of(const DataType& type) {
  std::uint64_t weight = sizeof(DataType);
  for (const Field& field : type.fields)
    weight += sizeof(Field) + field.name.size() + 8 * field.shape.size() + weight_of(field.type);
  return weight;
}

Field field_of(Arena& arena, const Value& names, const Value& fields, std::size_t place,
               bool& holds_objects) {
  const Value& name = arena[names.items[place]];
  for (std::size_t i = 0; i + 1 < fields.items.size(); i += 2) {
    const Value& key = arena[fields.items[i]];
    const Value& entry = arena[fields.items[i + 1]];
    if (name.type != Type::text || key.type != Type::text || entry.type != Type::tuple ||
        !std::equal(key.bytes.begin(), key.bytes.end(), name.bytes.begin(), name.bytes.end()))
      continue;
    if (entry.items.size() < 2 || arena[entry.items[0]].type != Type::dtype) break;
    const Dtype& type = arena.dtypes[static_cast<std::size_t>(arena[entry.items[0]].number)];
    arena.budget().take(sizeof(Field) + name.bytes.size() + weight_of(type.type));
    holds_objects = holds_objects || type.is_object;
    return {std::string(as_text(name.bytes)), type.type, type.shape, length(arena[entry.items[1]])};
  }
  corrupt("a record has a field without a type");
}

void set_fields(Arena& arena, const Value& names, const Value& fields, std::uint64_t size,
                Dtype& dtype) {
  if (names.type != Type::tuple || fields.type != Type::dict || size > INT32_MAX)
    corrupt("a record has no fields");
  if (names.items.size() > kMaxFields)
    throw Error(ErrorCode::limit_exceeded, fmt::format("pickle: a record has {} fields, above {}",
                                                       names.items.size(), kMaxFields));
  DataType record;
  record.kind = Kind::structured;
  record.size = size;
  for (std::size_t i = 0; i < names.items.size(); ++i) {
    Field field = field_of(arena, names, fields, i, dtype.is_object);
    // Objects take 8 bytes in memory and are no bytes here: only their order matters.
    const std::uint64_t end =
        checked_add(field.offset, dtype.is_object ? 0 : field.size(), "the size of a record");
    if (end > size) corrupt(fmt::format("a record of {} bytes has a field beyond them", size));
    record.fields.push_back(std::move(field));
  }
  if (depth_of(record) > kMaxFieldDepth) corrupt("records lie too deep in one another");
  dtype.type = std::move(record);
}

void build_dtype(Arena& arena, Dtype& dtype, const Value& state) {
  if (state.type != Type::tuple || state.items.size() < 8) corrupt("a type has no state");
  const auto part = [&](std::size_t i) -> const Value& { return arena[state.items[i]]; };
  if (part(1).type == Type::text || part(1).type == Type::bytes)
    set_order(dtype.type, as_text(part(1).bytes));
  if (dtype.type.kind == Kind::datetime || dtype.type.kind == Kind::timedelta) {
    const std::string unit = time_unit(arena, state);
    dtype.type = dtype.type.kind == Kind::datetime ? DataType::datetime(unit, dtype.type.order)
                                                   : DataType::timedelta(unit, dtype.type.order);
  }
  if (part(2).type == Type::tuple) {
    if (part(2).items.size() != 2 || arena[part(2).items[0]].type != Type::dtype)
      corrupt("a type of arrays has no elements");
    const Dtype& base = arena.dtypes[static_cast<std::size_t>(arena[part(2).items[0]].number)];
    std::vector<std::uint64_t> shape = shape_of(arena, part(2).items[1]);
    shape.insert(shape.end(), base.shape.begin(), base.shape.end());
    if (shape.size() > kMaxRank) corrupt("a type of arrays has too many dimensions");
    if (count_of(shape) == 0) corrupt("a type of arrays has no elements");
    arena.budget().take(weight_of(base.type));
    Dtype made{base.type, base.is_object, std::move(shape)};
    dtype = std::move(made);
    return;
  }
  if (part(3).type != Type::none) set_fields(arena, part(3), part(4), length(part(5)), dtype);
}

// --- The state of an array: (version, shape, type, is in Fortran's order, elements) ---
void build_array(Arena& arena, Array& array, const Value& state) {
  if (state.type != Type::tuple || state.items.size() < 4) corrupt("an array has no state");
  const std::size_t first = state.items.size() > 4 ? 1 : 0;  // The version may be left out.
  const Value& type = arena[state.items[first + 1]];
  if (type.type != Type::dtype) corrupt("an array has no type");
  array.shape = shape_of(arena, state.items[first]);
  array.dtype = type.number;
  array.fortran = truth(arena[state.items[first + 2]]);
  const Id elements = state.items[first + 3];
  const Dtype& dtype = arena.dtypes[static_cast<std::size_t>(array.dtype)];
  if (!dtype.shape.empty()) corrupt("an array has elements that are arrays");
  if (dtype.is_object) {
    if (arena[elements].type != Type::list || arena[elements].items.size() != count_of(array.shape))
      corrupt("an array of objects has another number of them than its shape");
    array.list = elements;
  } else {
    array.bytes = data_of(arena[elements]);
    check_data(arena, array);
  }
  array.is_set = true;
}

}  // namespace

Global global_of(std::string_view module, std::string_view name) {
  for (const Name& known : kNames)
    if (known.module == module && known.name == name) return known.global;
  if ((module == "builtins" || module == "__builtin__") && (name == "object" || name == "dict"))
    return Global::object;  // Named by copyreg, never called.
  throw Error(ErrorCode::unsupported,
              fmt::format("pickle names {}.{}, which engram does not build: it reads None, bool, "
                          "numbers, text, bytes, lists, tuples, dictionaries and NumPy arrays of "
                          "them. Write the array again with vlen-utf8 or json2",
                          printable(module, 100), printable(name, 100)));
}

std::string_view type_name(Type type) noexcept {
  static constexpr std::array<std::string_view, 13> kTexts = {
      "None",   "a bool",  "an integer",   "an integer", "a number",     "a text",  "bytes",
      "a list", "a tuple", "a dictionary", "a function", "a NumPy type", "an array"};
  return kTexts[static_cast<std::size_t>(type)];
}

Dtype parse_dtype(std::string_view text) {
  if (text.starts_with('|') || text.starts_with('<') || text.starts_with('='))
    text.remove_prefix(1);
  const char letter = text.empty() ? '?' : text[0];
  std::uint64_t size = 0;
  const auto found = std::from_chars(text.data() + 1, text.data() + text.size(), size);
  const bool sized =
      text.size() > 1 && found.ec == std::errc() && found.ptr == text.data() + text.size();
  Dtype dtype;
  if (letter == 'O') {
    dtype.is_object = true;
    dtype.type = DataType::opaque(8);
    return dtype;
  }
  // Records and empty texts may have no size.
  if (sized && size <= INT32_MAX && (letter == 'V' || letter == 'S')) {
    dtype.type = DataType::opaque(size);
    dtype.type.kind = letter == 'V' ? Kind::opaque : Kind::bytes;
    return dtype;
  }
  if (sized && size <= INT32_MAX / 4 && letter == 'U') {
    dtype.type = DataType::opaque(4 * size);
    dtype.type.kind = Kind::unicode;
    return dtype;
  }
  const bool narrow = letter == 'b' || (size == 1 && (letter == 'i' || letter == 'u'));
  dtype.type = parse_typestr(fmt::format("{}{}", narrow ? '|' : '<', text));
  return dtype;
}

Id call(Arena& arena, Global global, Id arguments) {
  switch (global) {
    case Global::reconstruct:
    case Global::ndarray:
      return add_array(arena, {});
    case Global::scalar:
      return make_scalar(arena, arguments);
    case Global::frombuffer:
      return make_from_buffer(arena, arguments);
    case Global::dtype: {
      const std::vector<Id>& items = arena[arguments].items;
      if (items.empty()) corrupt("a NumPy type has no name");
      return add_dtype(arena, parse_dtype(as_text(data_of(arena[items[0]]))));
    }
    case Global::encode:
      return encode(arena, arguments);
    case Global::bytes:
    case Global::bytearray: {
      if (arena[arguments].items.empty()) return add_bytes(arena, {});
      if (arena[arguments].items.size() > 1) return encode(arena, arguments);
      return add_bytes(arena, data_of(arena[arena[arguments].items[0]]));
    }
    case Global::complex: {
      Value value;
      value.type = Type::tuple;
      value.items = arena[arguments].items;
      argument(arena, arguments, 0, Type::real);
      argument(arena, arguments, 1, Type::real);
      return arena.add(std::move(value));
    }
    case Global::copyreg_reconstructor:
      return reconstruct_object(arena, arguments);
    case Global::zarr_reference:
      return add_reference(arena);
    case Global::object:
      break;
  }
  throw Error(ErrorCode::unsupported, "pickle makes a plain object of Python, which holds nothing");
}

void build(Arena& arena, Id target, Id state) {
  const Value& made = arena[target];
  if (made.type == Type::array) {
    build_array(arena, arena.arrays[static_cast<std::size_t>(made.number)], arena[state]);
  } else if (made.type == Type::dtype) {
    build_dtype(arena, arena.dtypes[static_cast<std::size_t>(made.number)], arena[state]);
  } else if (made.type != Type::dict || !arena[state].items.empty()) {
    throw Error(ErrorCode::unsupported,
                fmt::format("pickle sets the state of {}, which is refused", type_name(made.type)));
  }
}

}  // namespace engram::codec::pickle
