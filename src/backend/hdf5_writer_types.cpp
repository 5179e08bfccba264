#include "backend/hdf5_writer_types.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <memory>

#include "hdf5/library.hpp"
#include "hdf5/memory_type.hpp"
#include "hdmf/record_of.hpp"

namespace engram::backend {
namespace {

using hdf5::check;
using hdf5::Handle;
using hdf5::own;
using hdmf::ObjectType;

Handle with_order(Handle type, ByteOrder order) {
  if (order == ByteOrder::little) return type;
  Handle copy = own(H5Tcopy(type.id()), "make a type");
  check(H5Tset_order(copy.id(), H5T_ORDER_BE), "make a type");
  return copy;
}

Handle boolean() {
  Handle type = own(H5Tenum_create(H5T_STD_I8LE), "make a type");
  for (const auto& [name, value] : {std::pair{"FALSE", std::int8_t{0}}, {"TRUE", std::int8_t{1}}})
    check(H5Tenum_insert(type.id(), name, &value), "make a type");
  return type;
}

Handle complex(const DataType& type) {
  const Handle part = stored_type(DataType::floating(type.size / 2, type.order));
  Handle pair = own(H5Tcreate(H5T_COMPOUND, type.size), "make a type");
  check(H5Tinsert(pair.id(), "r", 0, part.id()), "make a type");
  check(H5Tinsert(pair.id(), "i", type.size / 2, part.id()), "make a type");
  return pair;
}

Handle opaque(std::uint64_t size) {
  Handle type = own(H5Tcreate(H5T_OPAQUE, size), "make a type");
  check(H5Tset_tag(type.id(), ""), "make a type");
  return type;
}

Handle structured(const DataType& type) {
  Handle compound = own(H5Tcreate(H5T_COMPOUND, type.size), "make a type");
  for (const Field& field : type.fields) {
    Handle element = stored_type(field.type);
    if (!field.shape.empty()) element = hdf5::memory_array(element.id(), field.shape);
    check(H5Tinsert(compound.id(), field.name.c_str(), field.offset, element.id()),
          fmt::format("add the field \"{}\" to a type", field.name));
  }
  return compound;
}

}  // namespace

std::string why_not_in_hdf5(const DataType& type) {
  switch (type.kind) {
    case Kind::unicode:
      return "HDF5 has no text of four bytes a character";
    case Kind::datetime:
    case Kind::timedelta:
      return "HDF5 has no type for times";
    case Kind::structured:
      for (const Field& field : type.fields)
        if (std::string why = why_not_in_hdf5(field.type); !why.empty()) return why;
      return {};
    default:
      return {};
  }
}

hdf5::Handle stored_type(const DataType& type) {
  if (const std::string why = why_not_in_hdf5(type); !why.empty())
    throw Error(ErrorCode::unsupported, fmt::format("{} can't be stored: {}", typestr(type), why));
  const hdf5::Locked locked;
  switch (type.kind) {
    case Kind::boolean:
      return boolean();
    case Kind::complex:
      return complex(type);
    case Kind::bytes:
      return hdf5::memory_text(type.size, false);
    case Kind::opaque:
      return opaque(type.size);
    case Kind::structured:
      return structured(type);
    default:
      return with_order(hdf5::memory_number(type), type.size > 1 ? type.order : ByteOrder::little);
  }
}

hdf5::Handle stored_type(const DataType& type, const Enumeration& names) {
  const bool whole = type.kind == Kind::integer || type.kind == Kind::unsigned_integer;
  if (names.empty() || !whole) return stored_type(type);
  const hdf5::Locked locked;
  const Handle base = stored_type(type);
  Handle result = own(H5Tenum_create(base.id()), "make an enumeration");
  for (const auto& [name, value] : names) {
    std::int64_t converted = value;
    const hid_t from = type.kind == Kind::integer ? H5T_NATIVE_INT64 : H5T_NATIVE_UINT64;
    check(H5Tconvert(from, base.id(), 1, &converted, nullptr, H5P_DEFAULT), "make an enumeration");
    check(H5Tenum_insert(result.id(), name.c_str(), &converted),
          fmt::format("add \"{}\" to an enumeration", name));
  }
  return result;
}

namespace {

ObjectType in_hdf5(const DataType& type) {
  ObjectType result;
  result.kind = ObjectType::Kind::number;
  result.type = type.little_endian();
  switch (type.kind) {
    case Kind::unicode:
      return {};
    case Kind::datetime:
    case Kind::timedelta:
      result.type = DataType::integer(8);
      return result;
    case Kind::structured:
      return hdmf::record_of(type, [](const DataType& field) { return in_hdf5(field); });
    default:
      return result;
  }
}

}  // namespace

namespace {

bool holds_sequence(const ObjectType& type) {
  return type.kind == ObjectType::Kind::sequence ||
         (type.element != nullptr && holds_sequence(*type.element)) ||
         std::any_of(type.fields.begin(), type.fields.end(),
                     [](const hdmf::ObjectField& field) { return holds_sequence(field.type); });
}

}  // namespace

bool has_fixed_text(const ObjectType& type) {
  return (type.kind == ObjectType::Kind::text && type.fixed_length != 0) ||
         (type.element != nullptr && has_fixed_text(*type.element)) ||
         std::any_of(type.fields.begin(), type.fields.end(),
                     [](const hdmf::ObjectField& field) { return has_fixed_text(field.type); });
}

hdmf::ObjectType with_variable_text(const ObjectType& type) {
  ObjectType result = type;
  result.fixed_length = 0;
  if (type.element)
    result.element = std::make_shared<const ObjectType>(with_variable_text(*type.element));
  for (hdmf::ObjectField& field : result.fields) field.type = with_variable_text(field.type);
  return result;
}

bool goes_one_by_one(const ObjectType& type) {
  if (type.kind == ObjectType::Kind::array) return holds_sequence(*type.element);
  return (type.element != nullptr && goes_one_by_one(*type.element)) ||
         std::any_of(type.fields.begin(), type.fields.end(),
                     [](const hdmf::ObjectField& field) { return goes_one_by_one(field.type); });
}

hdmf::ObjectType in_hdf5(const ObjectType& type) {
  if (type.kind == ObjectType::Kind::number) return in_hdf5(type.type);
  ObjectType result = type;
  if (type.element) result.element = std::make_shared<const ObjectType>(in_hdf5(*type.element));
  for (hdmf::ObjectField& field : result.fields) field.type = in_hdf5(field.type);
  return result;
}

}  // namespace engram::backend
