#include "hdf5/data_type.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "hdf5/memory_type.hpp"

namespace engram::hdf5 {
namespace {

constexpr int kMaxNesting = 32;

Type describe(hid_t id, int depth);

Type unknown(std::string reason) {
  Type type;
  type.kind = Type::Kind::unknown;
  type.reason = std::move(reason);
  return type;
}

Type number(DataType data_type, bool verbatim, bool bits = false) {
  Type type;
  type.kind = Type::Kind::number;
  type.memory = memory_number(data_type, bits);
  type.memory_size = data_type.size;
  type.number = std::move(data_type);
  type.verbatim = verbatim;
  return type;
}

/// Integers and bitfields.
Type whole_number(hid_t id, bool is_signed, bool bits) {
  const std::size_t size = H5Tget_size(id);
  const std::size_t precision = H5Tget_precision(id);
  if (precision > 64) return unknown(fmt::format("integers of {} bits", precision));
  const H5T_order_t order = H5Tget_order(id);
  const bool common_size = size == 1 || size == 2 || size == 4 || size == 8;
  const bool verbatim = common_size && precision == 8 * size && H5Tget_offset(id) == 0 &&
                        (order == H5T_ORDER_LE || order == H5T_ORDER_BE);
  std::size_t width = 8;
  for (const std::size_t smaller : {4U, 2U, 1U})
    if (8 * smaller >= precision) width = smaller;
  if (common_size) width = size;
  DataType type = is_signed ? DataType::integer(width) : DataType::unsigned_integer(width);
  if (verbatim && order == H5T_ORDER_BE && size > 1) type.order = ByteOrder::big;
  return number(std::move(type), verbatim, bits);
}

Type floating(hid_t id) {
  bool verbatim = false;
  DataType type = describe_float(id, verbatim);
  if (type.size == 0)
    return unknown(fmt::format("floating-point numbers of {} bits", H5Tget_precision(id)));
  return number(std::move(type), verbatim);
}

/// The value of member `index` of an enumeration on integers of `base`.
std::int64_t enumeration_value(hid_t id, unsigned index, const Type& base) {
  std::array<std::byte, 64> value{};
  const std::size_t size = H5Tget_size(id);
  if (size > value.size()) throw Error(ErrorCode::unsupported, "an enumeration of wide integers");
  check(H5Tget_member_value(id, index, value.data()), "read the values of an enumeration");
  const Handle super = own(H5Tget_super(id), "read the values of an enumeration");
  const hid_t target =
      base.number.kind == engram::Kind::integer ? H5T_NATIVE_INT64 : H5T_NATIVE_UINT64;
  check(H5Tconvert(super.id(), target, 1, value.data(), nullptr, H5P_DEFAULT),
        "read the values of an enumeration");
  std::int64_t result = 0;
  std::copy_n(value.data(), sizeof result, reinterpret_cast<std::byte*>(&result));
  return result;
}

Type enumeration(hid_t id, int depth) {
  const Handle super = own(H5Tget_super(id), "read the type of an enumeration");
  Type base = describe(super.id(), depth + 1);
  if (base.kind != Type::Kind::number) return base;
  const int count = check(H5Tget_nmembers(id), "read an enumeration");
  for (unsigned i = 0; i < static_cast<unsigned>(count); ++i) {
    char* const name = H5Tget_member_name(id, i);
    if (name == nullptr) throw_failure("read the names of an enumeration");
    base.enumeration.emplace_back(name, 0);
    H5free_memory(name);
    base.enumeration.back().second = enumeration_value(id, i, base);
  }
  auto& names = base.enumeration;
  std::sort(names.begin(), names.end(),
            [](const auto& a, const auto& b) { return a.second < b.second; });
  // h5py's boolean.
  if (names.size() == 2) {
    const auto is = [&](std::size_t i, std::string_view name, std::int64_t value) {
      return names[i].first == name && names[i].second == value;
    };
    if (is(0, "FALSE", 0) && is(1, "TRUE", 1)) {
      const bool verbatim = base.verbatim && base.number.size == 1;
      return number(DataType::boolean(), verbatim);
    }
  }
  return base;
}

Type text(hid_t id) {
  Type type;
  type.kind = Type::Kind::text;
  type.utf8 = H5Tget_cset(id) == H5T_CSET_UTF8;
  const bool variable = check(H5Tis_variable_str(id), "read a text type") > 0;
  if (!variable) type.fixed_length = H5Tget_size(id);
  type.memory = memory_text(type.fixed_length, type.utf8);
  type.memory_size = variable ? sizeof(char*) : type.fixed_length;
  // Bytes after a terminator may be anything, and blanks are no NULs.
  type.verbatim = !variable && H5Tget_strpad(id) == H5T_STR_NULLPAD;
  return type;
}

Type opaque(hid_t id) {
  Type type;
  type.kind = Type::Kind::number;
  type.number = DataType::opaque(H5Tget_size(id));
  type.memory = own(H5Tcopy(id), "read an opaque type");
  type.memory_size = type.number.size;
  type.verbatim = true;
  return type;
}

Type reference(hid_t id) {
  Type type;
  if (H5Tequal(id, H5T_STD_REF_OBJ) > 0) {
    type.kind = Type::Kind::reference;
    type.memory = Handle::share(H5T_STD_REF_OBJ);
    type.memory_size = sizeof(hobj_ref_t);
  } else if (H5Tequal(id, H5T_STD_REF_DSETREG) > 0) {
    type.kind = Type::Kind::region_reference;
    type.memory = Handle::share(H5T_STD_REF_DSETREG);
    type.memory_size = sizeof(hdset_reg_ref_t);
  } else {
    return unknown("references as HDF5 1.12 introduced them, which HDF5 1.10 can't read");
  }
  return type;
}

/// What an outer type says of the enumerations in `inner`.
bool names_enumeration(const Type& inner) {
  return !inner.enumeration.empty() || inner.has_inner_enumeration;
}

Type sequence(hid_t id, int depth) {
  const Handle super = own(H5Tget_super(id), "read a variable-length type");
  Type element = describe(super.id(), depth + 1);
  if (element.kind == Type::Kind::unknown) return element;
  Type type;
  type.kind = Type::Kind::sequence;
  type.memory = own(H5Tvlen_create(element.memory.id()), "make a variable-length type");
  type.memory_size = sizeof(hvl_t);
  type.has_inner_enumeration = names_enumeration(element);
  type.element = std::make_shared<const Type>(std::move(element));
  return type;
}

Type array(hid_t id, int depth) {
  const Handle super = own(H5Tget_super(id), "read an array type");
  Type element = describe(super.id(), depth + 1);
  if (element.kind == Type::Kind::unknown) return element;
  const int rank = check(H5Tget_array_ndims(id), "read an array type");
  std::vector<hsize_t> lengths(static_cast<std::size_t>(rank));
  check(H5Tget_array_dims2(id, lengths.data()), "read an array type");
  Type type;
  type.kind = Type::Kind::array;
  type.shape.assign(lengths.begin(), lengths.end());
  type.memory = memory_array(element.memory.id(), type.shape);
  type.memory_size =
      checked_multiply(element_count(type.shape), element.memory_size, "an array type");
  type.verbatim = element.verbatim;
  type.has_inner_enumeration = names_enumeration(element);
  type.element = std::make_shared<const Type>(std::move(element));
  return type;
}

/// The field that a member makes in a structured type, if it has nothing but fixed-size bytes.
bool as_field(const Member& member, Field& field) {
  field.name = member.name;
  const Type* type = &member.type;
  while (type->kind == Type::Kind::array) {
    field.shape.insert(field.shape.end(), type->shape.begin(), type->shape.end());
    type = type->element.get();
  }
  if (type->kind == Type::Kind::number) {
    field.type = type->number;
  } else if (type->kind == Type::Kind::text && type->fixed_length != 0) {
    field.type = DataType::bytes(type->fixed_length);
  } else {
    return false;
  }
  return true;
}

/// h5py's complex number, or an empty type.
Type complex(const Type& record) {
  const auto& members = record.members;
  if (members.size() != 2 || members[0].name != "r" || members[1].name != "i") return {};
  const Type &real = members[0].type, &imaginary = members[1].type;
  if (real.kind != Type::Kind::number || real.number.kind != engram::Kind::floating ||
      real.number != imaginary.number || (real.number.size != 4 && real.number.size != 8))
    return {};
  return number(DataType::complex(2 * real.number.size, real.number.order), record.verbatim);
}

Type compound(hid_t id, int depth) {
  Type type;
  type.kind = Type::Kind::record;
  type.verbatim = true;
  const int count = check(H5Tget_nmembers(id), "read a compound type");
  for (unsigned i = 0; i < static_cast<unsigned>(count); ++i) {
    const Handle member_id = own(H5Tget_member_type(id, i), "read a compound type");
    Member member;
    char* const name = H5Tget_member_name(id, i);
    if (name == nullptr) throw_failure("read the names of a compound type");
    member.name = name;
    H5free_memory(name);
    member.type = describe(member_id.id(), depth + 1);
    if (member.type.kind == Type::Kind::unknown) return std::move(member.type);
    member.offset = type.memory_size;
    type.verbatim =
        type.verbatim && member.type.verbatim && H5Tget_member_offset(id, i) == member.offset;
    type.memory_size =
        checked_add(type.memory_size, member.type.memory_size, "the size of a compound type");
    type.has_inner_enumeration = type.has_inner_enumeration || names_enumeration(member.type);
    type.members.push_back(std::move(member));
  }
  if (type.members.empty()) return unknown("a compound type without fields");
  type.verbatim = type.verbatim && H5Tget_size(id) == type.memory_size;

  Type pair = complex(type);
  if (pair.kind == Type::Kind::number) return pair;
  type.memory = memory_record(type.members, type.memory_size);
  std::vector<Field> fields(type.members.size());
  for (std::size_t i = 0; i < fields.size(); ++i)
    if (!as_field(type.members[i], fields[i])) return type;
  type.kind = Type::Kind::number;
  type.number = DataType::structured(std::move(fields));
  type.members.clear();
  if (!type.verbatim) type.number = type.number.little_endian();
  return type;
}

Type describe(hid_t id, int depth) {
  if (depth > kMaxNesting)
    throw Error(ErrorCode::limit_exceeded,
                fmt::format("an HDF5 type is nested deeper than {} levels", kMaxNesting));
  switch (H5Tget_class(id)) {
    case H5T_INTEGER:
      return whole_number(id, H5Tget_sign(id) == H5T_SGN_2, false);
    case H5T_BITFIELD:
      return whole_number(id, false, true);
    case H5T_FLOAT:
      return floating(id);
    case H5T_ENUM:
      return enumeration(id, depth);
    case H5T_STRING:
      return text(id);
    case H5T_OPAQUE:
      return opaque(id);
    case H5T_REFERENCE:
      return reference(id);
    case H5T_VLEN:
      return sequence(id, depth);
    case H5T_ARRAY:
      return array(id, depth);
    case H5T_COMPOUND:
      return compound(id, depth);
    case H5T_TIME:
      return unknown("times of HDF5's type H5T_TIME, which has no portable meaning");
    default:
      throw_failure("read a type");
  }
}

}  // namespace

Type describe(hid_t id) { return describe(id, 0); }

bool has_pointers(const Type& type) {
  switch (type.kind) {
    case Type::Kind::sequence:
      return true;
    case Type::Kind::text:
      return type.fixed_length == 0;
    case Type::Kind::array:
      return has_pointers(*type.element);
    case Type::Kind::record:
      return std::any_of(type.members.begin(), type.members.end(),
                         [](const Member& member) { return has_pointers(member.type); });
    default:
      return false;
  }
}

std::uint64_t size_in_file(hid_t id, std::uint64_t address_size) {
  constexpr std::uint64_t kNumber = 4;  // Of elements, or of an object in a heap.
  const std::uint64_t size = H5Tget_size(id);
  switch (H5Tget_class(id)) {
    case H5T_VLEN:
      return kNumber + address_size + kNumber;
    case H5T_STRING:
      return H5Tis_variable_str(id) > 0 ? kNumber + address_size + kNumber : size;
    case H5T_REFERENCE:
      return H5Tequal(id, H5T_STD_REF_DSETREG) > 0 ? address_size + kNumber : address_size;
    case H5T_ARRAY: {
      const Handle element = own(H5Tget_super(id), "read the elements of an array type");
      const std::uint64_t each = H5Tget_size(element.id());
      return each == 0 ? size : size / each * size_in_file(element.id(), address_size);
    }
    case H5T_COMPOUND: {
      // Each member moves those behind it, and what lies between them stays.
      std::uint64_t in_file = size;
      const int count = check(H5Tget_nmembers(id), "read the members of a type");
      for (unsigned i = 0; i < static_cast<unsigned>(count); ++i) {
        const Handle member = own(H5Tget_member_type(id, i), "read the members of a type");
        in_file += size_in_file(member.id(), address_size) - H5Tget_size(member.id());
      }
      return in_file;
    }
    default:
      return size;
  }
}

}  // namespace engram::hdf5
