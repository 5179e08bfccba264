#include "hdf5/memory_type.hpp"

#include <fmt/format.h>

namespace engram::hdf5 {
namespace {

Handle half() {
  Handle type = own(H5Tcopy(H5T_IEEE_F32LE), "make a type");
  check(H5Tset_fields(type.id(), 15, 10, 5, 0, 10), "make a type");
  check(H5Tset_size(type.id(), 2), "make a type");
  check(H5Tset_ebias(type.id(), 15), "make a type");
  return type;
}

Handle text(std::uint64_t length, bool utf8) {
  Handle type = own(H5Tcopy(H5T_C_S1), "make a type");
  check(H5Tset_size(type.id(), length == 0 ? H5T_VARIABLE : length), "make a type");
  check(H5Tset_cset(type.id(), utf8 ? H5T_CSET_UTF8 : H5T_CSET_ASCII), "make a type");
  if (length != 0) check(H5Tset_strpad(type.id(), H5T_STR_NULLPAD), "make a type");
  return type;
}

/// Types that are made once. They are given back by nobody, like the predefined ones.
struct Common {
  Handle half = hdf5::half();
  Handle ascii = text(0, false), utf8 = text(0, true);
};

const Common& common() {
  static const auto* const types = new Common;
  return *types;
}

hid_t predefined(const DataType& type, bool bits) {
  const bool is_signed = type.kind == Kind::integer;
  if (type.kind == Kind::floating) {
    switch (type.size) {
      case 2:
        return common().half.id();
      case 4:
        return H5T_IEEE_F32LE;
      case 8:
        return H5T_IEEE_F64LE;
      default:
        return H5T_NATIVE_LDOUBLE;
    }
  }
  switch (type.size) {
    case 1:
      return bits                                      ? H5T_STD_B8LE
             : is_signed || type.kind == Kind::boolean ? H5T_STD_I8LE
                                                       : H5T_STD_U8LE;
    case 2:
      return bits ? H5T_STD_B16LE : is_signed ? H5T_STD_I16LE : H5T_STD_U16LE;
    case 4:
      return bits ? H5T_STD_B32LE : is_signed ? H5T_STD_I32LE : H5T_STD_U32LE;
    default:
      return bits ? H5T_STD_B64LE : is_signed ? H5T_STD_I64LE : H5T_STD_U64LE;
  }
}

}  // namespace

Handle memory_number(const DataType& type, bool bits) {
  if (type.kind != Kind::complex) return Handle::share(predefined(type, bits));
  const hid_t part = predefined(DataType::floating(type.size / 2), false);
  Handle pair = own(H5Tcreate(H5T_COMPOUND, type.size), "make a type");
  check(H5Tinsert(pair.id(), "r", 0, part), "make a type");
  check(H5Tinsert(pair.id(), "i", type.size / 2, part), "make a type");
  return pair;
}

Handle memory_text(std::uint64_t length, bool utf8) {
  if (length != 0) return text(length, utf8);
  return Handle::share(utf8 ? common().utf8.id() : common().ascii.id());
}

Handle memory_record(const std::vector<Member>& members, std::uint64_t size) {
  Handle record = own(H5Tcreate(H5T_COMPOUND, size), "make a compound type");
  for (const Member& member : members)
    check(H5Tinsert(record.id(), member.name.c_str(), member.offset, member.type.memory.id()),
          fmt::format("add the field \"{}\" to a compound type", member.name));
  return record;
}

Handle memory_array(hid_t element, const Shape& shape) {
  const std::vector<hsize_t> lengths(shape.begin(), shape.end());
  return own(H5Tarray_create2(element, static_cast<unsigned>(lengths.size()), lengths.data()),
             "make an array type");
}

}  // namespace engram::hdf5
