#include "engram/hdmf/stored_form.hpp"

#include <algorithm>
#include <cmath>
#include <complex>
#include <memory>
#include <utility>

#include "hdmf/record_of.hpp"

namespace engram::hdmf {
namespace {

using OT = ObjectType;

OT number_type(DataType type) {
  OT result;
  result.kind = OT::Kind::number;
  result.type = std::move(type);
  return result;
}

OT kind_type(OT::Kind kind) {
  OT result;
  result.kind = kind;
  return result;
}

std::shared_ptr<const OT> share(OT type) { return std::make_shared<const OT>(std::move(type)); }

bool is_number(const OT& type, Kind kind) {
  return type.kind == OT::Kind::number && type.type.kind == kind;
}

// How far one kind of number reaches: each holds those before it.
int rank_of(const OT& type) {
  if (type.kind != OT::Kind::number) return -1;
  switch (type.type.kind) {
    case Kind::boolean:
      return 0;
    case Kind::integer:
      return 1;
    case Kind::unsigned_integer:
      return 2;
    case Kind::floating:
      return 3;
    case Kind::complex:
      return 4;
    default:
      return -1;
  }
}

// A type for values of both, of which either may be unknown (no element, or null).
struct Merged {
  bool known = false;
  OT type;
};

bool merge_lists(OT& into, const OT& other);

bool merge_known(OT& into, const OT& other) {
  if (into == other) return true;
  const int a = rank_of(into), b = rank_of(other);
  if (a >= 0 && b >= 0) {
    if (b > a) into = other;
    return true;
  }
  if (is_number(into, Kind::opaque) && is_number(other, Kind::opaque)) {
    into.type.size = std::max(into.type.size, other.type.size);
    return true;
  }
  // Of lists that were empty nothing is known but that they are lists.
  const auto is_list = [](const OT& type) {
    return type.kind == OT::Kind::sequence || type.kind == OT::Kind::array;
  };
  if (is_list(into) && is_list(other)) return merge_lists(into, other);
  if (into.kind != other.kind) return false;
  if (into.kind == OT::Kind::record) {
    if (into.fields.size() != other.fields.size()) return false;
    for (std::size_t i = 0; i < into.fields.size(); ++i)
      if (into.fields[i].name != other.fields[i].name ||
          !merge_known(into.fields[i].type, other.fields[i].type))
        return false;
    return true;
  }
  return false;
}

bool merge_lists(OT& into, const OT& other) {
  const bool is_same_array = into.kind == other.kind && into.shape == other.shape;
  const auto is_flat = [](const OT& type) {
    return type.kind == OT::Kind::sequence || type.shape.size() == 1;
  };
  if (!is_same_array && (!is_flat(into) || !is_flat(other))) return false;
  if (other.element != nullptr) {
    OT element = into.element == nullptr ? *other.element : *into.element;
    if (!merge_known(element, *other.element)) return false;
    into.element = share(std::move(element));
  }
  if (!is_same_array) {
    into.kind = OT::Kind::sequence;
    into.shape.clear();
  }
  return true;
}

bool merge(Merged& into, const Merged& other) {
  if (!other.known) return true;
  if (!into.known) {
    into = other;
    return true;
  }
  return merge_known(into.type, other.type);
}

// The lengths that all lists at each depth have.
Shape common_shape(const Value& value) {
  Shape shape;
  if (!value.is<List>()) return shape;
  const auto& list = value.as<List>();
  shape.push_back(list.size());
  if (list.empty()) return shape;
  Shape below = common_shape(list.front());
  for (const Value& each : list) {
    const Shape other = common_shape(each);
    std::size_t same = 0;
    while (same < below.size() && same < other.size() && below[same] == other[same]) ++same;
    below.resize(same);
  }
  shape.insert(shape.end(), below.begin(), below.end());
  return shape;
}

bool element_type(const Value& value, Merged& merged);

// The type of what lies `depth` lists deep in `value`.
bool element_type_below(const Value& value, std::size_t depth, Merged& merged) {
  if (depth > 0) {
    for (const Value& each : value.as<List>())
      if (!element_type_below(each, depth - 1, merged)) return false;
    return true;
  }
  Merged one;
  return element_type(value, one) && merge(merged, one);
}

// What is still not known holds doubles.
OT or_double(Merged merged) {
  OT type = merged.known ? std::move(merged.type) : number_type(DataType::floating(8));
  for (ObjectField& field : type.fields) field.type = or_double({true, std::move(field.type)});
  if (type.kind == OT::Kind::sequence || type.kind == OT::Kind::array)
    type.element = share(type.element == nullptr ? number_type(DataType::floating(8))
                                                 : or_double({true, *type.element}));
  return type;
}

// A list inside of an element: an array where it stands in a record and is regular, else a
// sequence.
bool list_type(const Value& value, bool regular, Merged& merged) {
  const Shape shape = common_shape(value);
  const bool is_array = regular && element_count(shape) > 0;
  Merged inner;
  if (!element_type_below(value, is_array ? shape.size() : 1, inner)) return false;
  OT type = kind_type(is_array ? OT::Kind::array : OT::Kind::sequence);
  if (is_array) type.shape = shape;
  if (inner.known) type.element = share(std::move(inner.type));
  merged = {true, std::move(type)};
  return true;
}

bool record_type(const Record& record, Merged& merged) {
  OT type = kind_type(OT::Kind::record);
  for (const auto& [name, value] : record) {
    Merged field;
    if (value.is<List>() ? !list_type(value, true, field) : !element_type(value, field))
      return false;
    type.fields.push_back(
        {name, field.known ? std::move(field.type) : number_type(DataType::floating(8))});
  }
  merged = {true, std::move(type)};
  return true;
}

bool element_type(const Value& value, Merged& merged) {
  const auto is = [&](OT type) {
    merged = {true, std::move(type)};
    return true;
  };
  if (value.is<Null>()) return true;
  if (value.is<bool>()) return is(number_type(DataType::boolean()));
  if (value.is<std::int64_t>()) return is(number_type(DataType::integer(8)));
  if (value.is<std::uint64_t>()) return is(number_type(DataType::unsigned_integer(8)));
  if (value.is<double>()) return is(number_type(DataType::floating(8)));
  if (value.is<std::complex<double>>()) return is(number_type(DataType::complex(16)));
  if (value.is<std::string>()) return is(OT());
  if (value.is<Bytes>())
    return is(number_type(DataType::opaque(std::max<std::uint64_t>(value.as<Bytes>().size(), 1))));
  if (value.is<Reference>()) return is(kind_type(OT::Kind::reference));
  if (value.is<RegionReference>()) return is(kind_type(OT::Kind::region_reference));
  if (value.is<Record>()) return record_type(value.as<Record>(), merged);
  return list_type(value, false, merged);
}

bool holds_integer(const DataType& type, bool negative, std::uint64_t magnitude) {
  if (type.kind == Kind::boolean) return false;
  const auto bits = static_cast<unsigned>(8 * std::min<std::uint64_t>(type.size, 8));
  if (type.kind == Kind::unsigned_integer)
    return !negative && (bits == 64 || magnitude < (std::uint64_t{1} << bits));
  if (type.kind != Kind::integer) return false;
  const std::uint64_t half = std::uint64_t{1} << (bits - 1);
  return negative ? magnitude <= half : magnitude < half;
}

// As JSON has a complex number.
bool is_pair(const Value& value) {
  if (!value.is<List>() || value.as<List>().size() != 2) return false;
  const auto& list = value.as<List>();
  return list[0].is<double>() && list[1].is<double>();
}

bool holds_number(const DataType& type, const Value& value) {
  if (type.kind == Kind::complex && is_pair(value)) {
    const DataType part = DataType::floating(type.size / 2);
    return holds_number(part, value.as<List>()[0]) && holds_number(part, value.as<List>()[1]);
  }
  if (value.is<bool>()) return type.kind == Kind::boolean;
  if (value.is<std::int64_t>()) {
    const std::int64_t number = value.as<std::int64_t>();
    const auto bits = static_cast<std::uint64_t>(number);
    return holds_integer(type, number < 0, number < 0 ? ~bits + 1 : bits);
  }
  if (value.is<std::uint64_t>()) return holds_integer(type, false, value.as<std::uint64_t>());
  if (value.is<double>()) {
    const double number = value.as<double>();
    if (type.kind != Kind::floating) return false;
    if (type.size >= 8 || !std::isfinite(number)) return true;
    // Half has no C++ type here: what it holds, a float with 11 bits in its range does.
    const auto single = static_cast<float>(number);
    if (static_cast<double>(single) != number) return false;
    if (type.size == 4) return true;
    return std::abs(number) <= 65504 &&
           std::ldexp(number, 24) == std::round(std::ldexp(number, 24)) && (number == 0 || [&] {
             int exponent = 0;
             const double mantissa = std::frexp(number, &exponent) * 2048;
             return mantissa == std::round(mantissa);
           }());
  }
  if (value.is<std::complex<double>>()) {
    if (type.kind != Kind::complex) return false;
    const auto& number = value.as<std::complex<double>>();
    const DataType part = DataType::floating(type.size / 2);
    return holds_number(part, number.real()) && holds_number(part, number.imag());
  }
  if (value.is<std::string>())
    return type.kind == Kind::bytes && value.as<std::string>().size() <= type.size;
  if (value.is<Bytes>())
    return (type.kind == Kind::opaque && value.as<Bytes>().size() == type.size) ||
           (type.kind == Kind::bytes && value.as<Bytes>().size() <= type.size);
  return false;
}

bool holds(const OT& type, const Value& value);

bool holds_nested(const OT& element, const Shape& shape, std::size_t depth, const Value& value) {
  if (depth == shape.size()) return holds(element, value);
  if (!value.is<List>() || value.as<List>().size() != shape[depth]) return false;
  const auto& list = value.as<List>();
  return std::all_of(list.begin(), list.end(), [&](const Value& each) {
    return holds_nested(element, shape, depth + 1, each);
  });
}

bool holds_fields(const OT& type, const Value& value) {
  if (value.is<List>()) {
    const auto& list = value.as<List>();
    if (list.size() != type.fields.size()) return false;
    for (std::size_t i = 0; i < list.size(); ++i)
      if (!holds(type.fields[i].type, list[i])) return false;
    return true;
  }
  if (!value.is<Record>() || value.as<Record>().size() != type.fields.size()) return false;
  // JSON keeps no order of members.
  return std::all_of(type.fields.begin(), type.fields.end(), [&](const ObjectField& field) {
    const auto& record = value.as<Record>();
    const auto found = std::find_if(record.begin(), record.end(),
                                    [&](const auto& one) { return one.first == field.name; });
    return found != record.end() && holds(field.type, found->second);
  });
}

bool holds(const OT& type, const Value& value) {
  switch (type.kind) {
    case OT::Kind::text:
      return value.is<std::string>() &&
             (type.fixed_length == 0 || value.as<std::string>().size() <= type.fixed_length);
    case OT::Kind::reference:
      return value.is<Reference>() || value.is<Null>();
    case OT::Kind::region_reference:
      return value.is<RegionReference>() || value.is<Null>();
    case OT::Kind::sequence: {
      if (!value.is<List>()) return false;
      const auto& list = value.as<List>();
      return std::all_of(list.begin(), list.end(),
                         [&](const Value& each) { return holds(*type.element, each); });
    }
    case OT::Kind::array:
      return holds_nested(*type.element, type.shape, 0, value);
    case OT::Kind::record:
      return holds_fields(type, value);
    case OT::Kind::number:
      break;
  }
  if (type.type.kind == Kind::structured)
    return holds_fields(record_of(type.type, number_type), value);
  return holds_number(type.type, value);
}

}  // namespace

bool operator==(const ObjectType& a, const ObjectType& b) {
  if (a.kind != b.kind) return false;
  const auto same_element = [&] {
    return (a.element == nullptr) == (b.element == nullptr) &&
           (a.element == nullptr || *a.element == *b.element);
  };
  switch (a.kind) {
    case OT::Kind::text:
      return a.charset == b.charset && a.fixed_length == b.fixed_length;
    case OT::Kind::reference:
    case OT::Kind::region_reference:
      return true;
    case OT::Kind::sequence:
      return same_element();
    case OT::Kind::array:
      return a.shape == b.shape && same_element();
    case OT::Kind::record:
      return std::equal(a.fields.begin(), a.fields.end(), b.fields.begin(), b.fields.end(),
                        [](const ObjectField& x, const ObjectField& y) {
                          return x.name == y.name && x.type == y.type;
                        });
    case OT::Kind::number:
      break;
  }
  return a.type == b.type;
}

bool operator==(const StoredForm& a, const StoredForm& b) {
  return a.is_null == b.is_null && a.shape == b.shape && a.type == b.type;
}

std::optional<StoredForm> form_of(const Value& value) {
  StoredForm form;
  form.is_null = value.is<Null>();
  form.shape = common_shape(value);
  Merged merged;
  if (!element_type_below(value, form.shape.size(), merged)) return std::nullopt;
  form.type = or_double(std::move(merged));
  return form;
}

bool survives_json(const ObjectType& type) {
  switch (type.kind) {
    case OT::Kind::text:
    case OT::Kind::reference:
    case OT::Kind::region_reference:
      return true;
    case OT::Kind::sequence:
    case OT::Kind::array:
      return survives_json(*type.element);
    case OT::Kind::record:
      return false;
    case OT::Kind::number:
      break;
  }
  return type.type.kind == Kind::boolean || type.type.kind == Kind::integer ||
         type.type.kind == Kind::floating || type.type.kind == Kind::opaque;
}

namespace {

void restore_complex(const OT& type, std::size_t depth, Value& value);

void restore_fields(const OT& type, Value& value) {
  if (!value.is<Record>()) return;
  for (auto& [name, item] : value.as<Record>())
    for (const ObjectField& field : type.fields)
      if (field.name == name) restore_complex(field.type, 0, item);
}

// `depth`: of lists above an element.
void restore_complex(const OT& type, std::size_t depth, Value& value) {
  if (depth > 0) {
    if (value.is<List>())
      for (Value& each : value.as<List>()) restore_complex(type, depth - 1, each);
    return;
  }
  if (is_number(type, Kind::complex)) {
    if (!is_pair(value)) return;
    const auto& pair = value.as<List>();
    value = std::complex<double>(pair[0].as<double>(), pair[1].as<double>());
  } else if (type.kind == OT::Kind::record) {
    restore_fields(type, value);
  } else if (type.kind == OT::Kind::sequence || type.kind == OT::Kind::array) {
    restore_complex(*type.element, type.kind == OT::Kind::sequence ? 1 : type.shape.size(), value);
  }
}

}  // namespace

Value restored(const StoredForm& form, Value value) {
  restore_complex(form.type, form.shape.size(), value);
  return value;
}

bool can_hold(const StoredForm& form, const Value& value) {
  if (form.is_null) return value.is<Null>();
  return holds_nested(form.type, form.shape, 0, value);
}

}  // namespace engram::hdmf
