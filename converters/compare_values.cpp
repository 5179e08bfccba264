#include "converters/compare_values.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <complex>

#include "converters/same_selection.hpp"

namespace engram::converter {
namespace {

using hdmf::List;
using hdmf::Null;
using hdmf::Record;
using hdmf::Reference;
using hdmf::RegionReference;
using hdmf::Value;
using Complex = std::complex<double>;
using Kinds = std::optional<DifferenceKind>;

bool is_integer(const Value& value) {
  return value.is<std::int64_t>() || value.is<std::uint64_t>();
}

bool is_number(const Value& value) {
  return is_integer(value) || value.is<bool>() || value.is<double>() || value.is<Complex>();
}

bool is_negative(const Value& value) {
  return value.is<std::int64_t>() && value.as<std::int64_t>() < 0;
}

std::uint64_t magnitude_bits(const Value& value) {
  return value.is<std::int64_t>() ? static_cast<std::uint64_t>(value.as<std::int64_t>())
                                  : value.as<std::uint64_t>();
}

bool same_integers(const Value& a, const Value& b, const ValueRules& rules) {
  if (is_negative(a) == is_negative(b)) {
    return is_negative(a) ? rules.same(a.as<std::int64_t>(), b.as<std::int64_t>())
                          : rules.same(magnitude_bits(a), magnitude_bits(b));
  }
  // On both sides of zero.
  if (!rules.is_tolerant()) return false;
  const auto number = [](const Value& value) {
    return is_negative(value) ? static_cast<long double>(value.as<std::int64_t>())
                              : static_cast<long double>(magnitude_bits(value));
  };
  return std::abs(number(a) - number(b)) <= rules.absolute + rules.relative * std::abs(number(b));
}

bool same_complex(const Complex& a, const Complex& b, const ValueRules& rules) {
  return rules.same(a.real(), b.real()) && rules.same(a.imag(), b.imag());
}

// Numbers of different kinds. Integers of 64 bits fit into a long double.
bool same_numbers(const Value& a, const Value& b, const ValueRules& rules) {
  const auto parts = [](const Value& value) -> std::complex<long double> {
    if (value.is<bool>()) return value.as<bool>() ? 1.0L : 0.0L;
    if (value.is<std::int64_t>()) return static_cast<long double>(value.as<std::int64_t>());
    if (value.is<std::uint64_t>()) return static_cast<long double>(value.as<std::uint64_t>());
    if (value.is<double>()) return value.as<double>();
    return std::complex<long double>(value.as<Complex>());
  };
  const auto near = [&](long double x, long double y) {
    return x == y || (rules.is_tolerant() &&
                      std::abs(x - y) <= rules.absolute + rules.relative * std::abs(y));
  };
  return near(parts(a).real(), parts(b).real()) && near(parts(a).imag(), parts(b).imag());
}

bool same_target(const Reference& a, const Reference& b, const ValueRules& rules) {
  if (rules.reference_ids && !(a == b)) return false;
  return a.source == b.source && a.path == b.path;
}

Kinds lists_differ(const List& a, const List& b, const ValueRules& rules) {
  if (a.size() != b.size()) return DifferenceKind::value;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (const Kinds kind = difference_of(a[i], b[i], rules)) return kind;
  return std::nullopt;
}

const Value* field_named(const Record& record, const std::string& name) {
  const auto found = std::find_if(record.begin(), record.end(),
                                  [&](const auto& field) { return field.first == name; });
  return found == record.end() ? nullptr : &found->second;
}

Kinds records_differ(const Record& a, const Record& b, const ValueRules& rules) {
  if (a.size() != b.size()) return DifferenceKind::type;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const Value* other = rules.any_field_order      ? field_named(b, a[i].first)
                         : a[i].first == b[i].first ? &b[i].second
                                                    : nullptr;
    if (other == nullptr) return DifferenceKind::type;
    if (const Kinds kind = difference_of(a[i].second, *other, rules)) return kind;
  }
  return std::nullopt;
}

// Values that hold different things.
Kinds kinds_differ(const Value& a, const Value& b, const ValueRules& rules) {
  if (is_integer(a) && is_integer(b))
    return same_integers(a, b, rules) ? Kinds() : DifferenceKind::value;
  if (is_number(a) && is_number(b) && rules.any_number)
    return same_numbers(a, b, rules) ? Kinds() : DifferenceKind::value;
  const auto either = [&]<typename T>(const T*) { return a.is<T>() || b.is<T>(); };
  if (either(static_cast<const RegionReference*>(nullptr)) &&
      either(static_cast<const Null*>(nullptr)))
    return DifferenceKind::region;
  if (either(static_cast<const Reference*>(nullptr)) && either(static_cast<const Null*>(nullptr)))
    return DifferenceKind::reference;
  return either(static_cast<const Null*>(nullptr)) ? DifferenceKind::shape : DifferenceKind::type;
}

void find_in_lists(const Value& a, const Value& b, const ValueRules& rules, Shape& index,
                   ListDifference& found) {
  const auto tell = [&](DifferenceKind kind) {
    if (found.count++ > 0) return;
    found.kind = kind;
    found.index = index;
    found.a = &a;
    found.b = &b;
  };
  if (!a.is<List>() || !b.is<List>()) {
    const Kinds kind = difference_of(a, b, rules);
    if (kind) tell(a.is<List>() || b.is<List>() ? DifferenceKind::shape : *kind);
    return;
  }
  const List &from_a = a.as<List>(), &from_b = b.as<List>();
  if (from_a.size() != from_b.size()) return tell(DifferenceKind::shape);
  for (std::size_t i = 0; i < from_a.size(); ++i) {
    index.push_back(i);
    find_in_lists(from_a[i], from_b[i], rules, index, found);
    index.pop_back();
  }
}

}  // namespace

bool ValueRules::same(double a, double b) const noexcept {
  if (std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b)) return true;
  return is_tolerant() && std::abs(a - b) <= absolute + relative * std::abs(b);
}

bool ValueRules::same(std::int64_t a, std::int64_t b) const noexcept {
  if (a == b) return true;
  // Of equal signs, or near enough: as unsigned the distance has no overflow.
  const auto distance = a > b ? static_cast<std::uint64_t>(a) - static_cast<std::uint64_t>(b)
                              : static_cast<std::uint64_t>(b) - static_cast<std::uint64_t>(a);
  return is_tolerant() && static_cast<long double>(distance) <=
                              absolute + relative * std::abs(static_cast<long double>(b));
}

bool ValueRules::same(std::uint64_t a, std::uint64_t b) const noexcept {
  if (a == b) return true;
  return is_tolerant() && static_cast<long double>(a > b ? a - b : b - a) <=
                              absolute + relative * static_cast<long double>(b);
}

std::optional<DifferenceKind> difference_of(const Value& a, const Value& b,
                                            const ValueRules& rules) {
  if (a.data.index() != b.data.index()) return kinds_differ(a, b, rules);
  const auto unless = [](bool same, DifferenceKind kind) { return same ? Kinds() : Kinds(kind); };
  if (is_integer(a)) return unless(same_integers(a, b, rules), DifferenceKind::value);
  if (a.is<double>())
    return unless(rules.same(a.as<double>(), b.as<double>()), DifferenceKind::value);
  if (a.is<Complex>())
    return unless(same_complex(a.as<Complex>(), b.as<Complex>(), rules), DifferenceKind::value);
  if (a.is<Reference>())
    return unless(same_target(a.as<Reference>(), b.as<Reference>(), rules),
                  DifferenceKind::reference);
  if (a.is<RegionReference>()) {
    const auto &x = a.as<RegionReference>(), &y = b.as<RegionReference>();
    return unless(same_target(x.target, y.target, rules) && same_selection(x.regions, y.regions),
                  DifferenceKind::region);
  }
  if (a.is<List>()) return lists_differ(a.as<List>(), b.as<List>(), rules);
  if (a.is<Record>()) return records_differ(a.as<Record>(), b.as<Record>(), rules);
  return unless(a == b, DifferenceKind::value);
}

std::optional<ListDifference> list_difference(const Value& a, const Value& b,
                                              const ValueRules& rules) {
  ListDifference found;
  Shape index;
  find_in_lists(a, b, rules, index, found);
  return found.count == 0 ? std::nullopt : std::optional(found);
}

Shape list_shape(const Value& value) {
  Shape shape;
  for (const Value* at = &value; at->is<List>(); at = &at->as<List>().front()) {
    shape.push_back(at->as<List>().size());
    if (at->as<List>().empty()) break;
  }
  return shape;
}

std::uint64_t value_bytes(const Value& value) {
  if (value.is<std::string>()) return value.as<std::string>().size();
  if (value.is<Bytes>()) return value.as<Bytes>().size();
  std::uint64_t bytes = 0;
  if (value.is<List>()) {
    for (const Value& item : value.as<List>()) bytes += value_bytes(item);
    return bytes;
  }
  if (value.is<Record>()) {
    for (const auto& [name, item] : value.as<Record>()) bytes += value_bytes(item);
    return bytes;
  }
  return value.is<bool>() ? 1 : 8;
}

}  // namespace engram::converter
