#include "backend/hdf5_reader_values.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <complex>
#include <cstring>
#include <string>
#include <string_view>

namespace engram::backend {
namespace {

using hdmf::List;
using hdmf::Null;
using hdmf::Record;
using hdmf::Value;

/// The little-endian number at `memory`.
template <typename Number>
Number load(const std::byte* memory) {
  std::array<std::byte, sizeof(Number)> bytes;
  std::memcpy(bytes.data(), memory, sizeof(Number));
  if constexpr (std::endian::native == std::endian::big) std::reverse(bytes.begin(), bytes.end());
  return std::bit_cast<Number>(bytes);
}

std::int64_t load_integer(const std::byte* memory, std::uint64_t size) {
  switch (size) {
    case 1:
      return load<std::int8_t>(memory);
    case 2:
      return load<std::int16_t>(memory);
    case 4:
      return load<std::int32_t>(memory);
    default:
      return load<std::int64_t>(memory);
  }
}

std::uint64_t load_unsigned(const std::byte* memory, std::uint64_t size) {
  switch (size) {
    case 1:
      return load<std::uint8_t>(memory);
    case 2:
      return load<std::uint16_t>(memory);
    case 4:
      return load<std::uint32_t>(memory);
    default:
      return load<std::uint64_t>(memory);
  }
}

double load_half(const std::byte* memory) {
  const auto bits = load<std::uint16_t>(memory);
  const int exponent = bits >> 10 & 0x1f;
  const int mantissa = bits & 0x3ff;
  double value = 0;
  if (exponent == 0)
    value = std::ldexp(mantissa, -24);
  else if (exponent < 31)
    value = std::ldexp(mantissa + 1024, exponent - 25);
  else
    value = mantissa == 0 ? HUGE_VAL : std::nan("");
  return (bits & 0x8000) != 0 ? -value : value;
}

double load_floating(const std::byte* memory, std::uint64_t size) {
  switch (size) {
    case 2:
      return load_half(memory);
    case 4:
      return static_cast<double>(load<float>(memory));
    case 8:
      return load<double>(memory);
    default: {
      long double value = 0;
      std::memcpy(&value, memory, sizeof value);
      return static_cast<double>(value);
    }
  }
}

std::string padded_text(const std::byte* memory, std::uint64_t size) {
  const auto* const text = reinterpret_cast<const char*>(memory);
  while (size > 0 && text[size - 1] == '\0') --size;
  return {text, size};
}

Value decode_fields(const DataType& type, const std::byte* memory, CompoundForm form);

Value decode_number(const DataType& type, const std::byte* memory, CompoundForm form) {
  switch (type.kind) {
    case Kind::boolean:
      return load<std::uint8_t>(memory) != 0;
    case Kind::integer:
      return load_integer(memory, type.size);
    case Kind::unsigned_integer:
      return load_unsigned(memory, type.size);
    case Kind::floating:
      return load_floating(memory, type.size);
    case Kind::complex:
      return std::complex<double>(load_floating(memory, type.size / 2),
                                  load_floating(memory + type.size / 2, type.size / 2));
    case Kind::bytes:
      return padded_text(memory, type.size);
    case Kind::structured:
      return decode_fields(type, memory, form);
    default:
      return Bytes(memory, memory + type.size);
  }
}

/// Calls `decode` for each element of an array, and nests what it returns by `shape`.
template <typename Decode>
Value nest(const Shape& shape, std::size_t dimension, const std::byte*& memory,
           std::uint64_t element_size, const Decode& decode) {
  if (dimension == shape.size()) {
    Value value = decode(memory);
    memory += element_size;
    return value;
  }
  List list;
  list.reserve(shape[dimension]);
  for (std::uint64_t i = 0; i < shape[dimension]; ++i)
    list.push_back(nest(shape, dimension + 1, memory, element_size, decode));
  return list;
}

Value decode_fields(const DataType& type, const std::byte* memory, CompoundForm form) {
  const auto decode = [&](const Field& field) {
    const std::byte* at = memory + field.offset;
    return nest(field.shape, 0, at, field.type.size,
                [&](const std::byte* element) { return decode_number(field.type, element, form); });
  };
  if (form == CompoundForm::list) {
    List list;
    for (const Field& field : type.fields) list.push_back(decode(field));
    return list;
  }
  Record record;
  for (const Field& field : type.fields) record.emplace_back(field.name, decode(field));
  return record;
}

Value decode_text(const hdf5::Type& type, const std::byte* memory) {
  if (type.fixed_length != 0) return padded_text(memory, type.fixed_length);
  const char* text = nullptr;
  std::memcpy(&text, memory, sizeof text);
  return std::string(text != nullptr ? text : "");
}

Value decode_reference(const std::byte* memory, ReferenceDecoder& references) {
  hobj_ref_t address = 0;
  std::memcpy(&address, memory, sizeof address);
  if (address == 0 || address == HADDR_UNDEF) return Null{};
  return references.object(address);
}

Value decode_region(const std::byte* memory, ReferenceDecoder& references) {
  const bool null = std::all_of(memory, memory + sizeof(hdset_reg_ref_t),
                                [](std::byte b) { return b == std::byte{0}; });
  if (null) return Null{};
  return references.region(memory);
}

Value decode_sequence(const hdf5::Type& type, const std::byte* memory, CompoundForm form,
                      ReferenceDecoder& references) {
  hvl_t sequence{};
  std::memcpy(&sequence, memory, sizeof sequence);
  const auto* const elements = static_cast<const std::byte*>(sequence.p);
  List list;
  if (elements == nullptr) return list;
  list.reserve(sequence.len);
  for (std::size_t i = 0; i < sequence.len; ++i)
    list.push_back(
        decode_value(*type.element, elements + i * type.element->memory_size, form, references));
  return list;
}

Value decode_record(const hdf5::Type& type, const std::byte* memory, CompoundForm form,
                    ReferenceDecoder& references) {
  if (form == CompoundForm::list) {
    List list;
    list.reserve(type.members.size());
    for (const hdf5::Member& member : type.members)
      list.push_back(decode_value(member.type, memory + member.offset, form, references));
    return list;
  }
  Record record;
  for (const hdf5::Member& member : type.members)
    record.emplace_back(member.name,
                        decode_value(member.type, memory + member.offset, form, references));
  return record;
}

}  // namespace

Value decode_value(const hdf5::Type& type, const std::byte* memory, CompoundForm form,
                   ReferenceDecoder& references) {
  switch (type.kind) {
    case hdf5::Type::Kind::number:
      return decode_number(type.number, memory, form);
    case hdf5::Type::Kind::text:
      return decode_text(type, memory);
    case hdf5::Type::Kind::reference:
      return decode_reference(memory, references);
    case hdf5::Type::Kind::region_reference:
      return decode_region(memory, references);
    case hdf5::Type::Kind::sequence:
      return decode_sequence(type, memory, form, references);
    case hdf5::Type::Kind::array:
      return decode_values(*type.element, type.shape, memory, form, references);
    case hdf5::Type::Kind::record:
      return decode_record(type, memory, form, references);
    case hdf5::Type::Kind::unknown:
      break;
  }
  return Null{};
}

Value decode_values(const hdf5::Type& type, const Shape& shape, const std::byte* memory,
                    CompoundForm form, ReferenceDecoder& references) {
  return nest(shape, 0, memory, type.memory_size, [&](const std::byte* element) {
    return decode_value(type, element, form, references);
  });
}

hdmf::ObjectType object_type(const hdf5::Type& type) {
  using Kind = hdmf::ObjectType::Kind;
  hdmf::ObjectType result;
  switch (type.kind) {
    case hdf5::Type::Kind::text:
      result.kind = Kind::text;
      result.charset =
          type.utf8 ? hdmf::ObjectType::Charset::utf8 : hdmf::ObjectType::Charset::ascii;
      result.fixed_length = type.fixed_length;
      break;
    case hdf5::Type::Kind::reference:
      result.kind = Kind::reference;
      break;
    case hdf5::Type::Kind::region_reference:
      result.kind = Kind::region_reference;
      break;
    case hdf5::Type::Kind::sequence:
      result.kind = Kind::sequence;
      result.element = std::make_shared<const hdmf::ObjectType>(object_type(*type.element));
      break;
    case hdf5::Type::Kind::array:
      result.kind = Kind::array;
      result.shape = type.shape;
      result.element = std::make_shared<const hdmf::ObjectType>(object_type(*type.element));
      break;
    case hdf5::Type::Kind::record:
      result.kind = Kind::record;
      for (const hdf5::Member& member : type.members)
        result.fields.push_back({member.name, object_type(member.type)});
      break;
    case hdf5::Type::Kind::number:
    case hdf5::Type::Kind::unknown:
      result.kind = Kind::number;
      result.type = type.number.little_endian();
      break;
  }
  return result;
}

}  // namespace engram::backend
