#include "converters/compare_elements.hpp"

#include <algorithm>
#include <cfloat>
#include <cstring>

#include "array/number.hpp"
#include "engram/base/error.hpp"
#include "hdmf/element_value.hpp"

namespace engram::converter {
namespace {

bool same_bytes(BytesView a, BytesView b) {
  return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size()) == 0);
}

// Bytes of a number that mean something: x86's long doubles have 10 of 16.
std::size_t significant(const DataType& type) {
  constexpr std::uint64_t kLongDouble = 16;
  constexpr std::size_t kExtended = 10;
  const bool is_padded = type.kind == Kind::floating && type.size == kLongDouble &&
                         LDBL_MANT_DIG == 64 && sizeof(long double) == kLongDouble;
  return is_padded ? kExtended : static_cast<std::size_t>(type.size);
}

// Whether elements that are equal have the same bytes, when no tolerance is asked for.
bool has_one_form(const DataType& type) {
  switch (type.kind) {
    case Kind::integer:
    case Kind::unsigned_integer:
    case Kind::opaque:
    case Kind::datetime:
    case Kind::timedelta:
      return true;
    case Kind::floating:
      return significant(type) == type.size;
    case Kind::complex:
      return type.size <= 16;
    default:
      return false;
  }
}

bool is_whole(const DataType& type) {
  return type.kind == Kind::integer || type.kind == Kind::unsigned_integer;
}

}  // namespace

ElementRules::ElementRules(const DataType& a, const DataType& b, const ValueRules& rules, Form form)
    : a_(a.little_endian()), b_(b.little_endian()), rules_(rules), form_(form) {
  same_bytes_suffice_ = form == Form::bytes || a_ == b_;
  same_bytes_needed_ =
      form == Form::bytes || (a_ == b_ && !rules.is_tolerant() && has_one_form(a_));
}

bool ElementRules::equal(const DataType& a, const DataType& b, BytesView from_a,
                         BytesView from_b) const {
  if (form_ == Form::bytes) return same_bytes(from_a, from_b);
  if (a.kind == Kind::structured && b.kind == Kind::structured)
    return equal_fields(a, b, from_a, from_b);
  return equal_scalars(a, b, from_a, from_b);
}

bool ElementRules::equal_fields(const DataType& a, const DataType& b, BytesView from_a,
                                BytesView from_b) const {
  if (a.fields.size() != b.fields.size()) return false;
  for (std::size_t i = 0; i < a.fields.size(); ++i) {
    const Field &x = a.fields[i], &y = b.fields[i];
    const std::uint64_t count = x.size() / std::max<std::uint64_t>(x.type.size, 1);
    if (count != y.size() / std::max<std::uint64_t>(y.type.size, 1)) return false;
    for (std::uint64_t k = 0; k < count; ++k) {
      const auto at = [k](const Field& field, BytesView element) {
        return element.subspan(static_cast<std::size_t>(field.offset + k * field.type.size),
                               static_cast<std::size_t>(field.type.size));
      };
      if (!equal(x.type, y.type, at(x, from_a), at(y, from_b))) return false;
    }
  }
  return true;
}

bool ElementRules::equal_scalars(const DataType& a, const DataType& b, BytesView from_a,
                                 BytesView from_b) const {
  if (a.kind == b.kind && a.size == b.size) {
    if (a.kind == Kind::complex) {
      const DataType half = DataType::floating(a.size / 2);
      const std::size_t size = from_a.size() / 2;
      return equal_scalars(half, half, from_a.first(size), from_b.first(size)) &&
             equal_scalars(half, half, from_a.last(size), from_b.last(size));
    }
    if (same_bytes(from_a.first(significant(a)), from_b.first(significant(b)))) return true;
    if (is_whole(a) || a.kind == Kind::floating) {
      if (!rules_.is_tolerant()) return false;
      if (a.kind == Kind::floating) return rules_.same(get_floating(from_a), get_floating(from_b));
    }
  }
  const hdmf::Value x = hdmf::element_value(a, from_a, hdmf::RecordForm::list);
  const hdmf::Value y = hdmf::element_value(b, from_b, hdmf::RecordForm::list);
  return !difference_of(x, y, rules_);
}

std::string ElementRules::show_element(const DataType& type, BytesView element) {
  try {
    return show(hdmf::element_value(type, element, hdmf::RecordForm::record));
  } catch (const Error&) {  // Characters that are none.
    return show(Bytes(element.begin(), element.end()));
  }
}

}  // namespace engram::converter
