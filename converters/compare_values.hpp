#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "engram/array/region.hpp"
#include "engram/compare.hpp"
#include "engram/hdmf/value.hpp"

namespace engram::converter {

/// When two values are equal.
struct ValueRules {
  double absolute = 0, relative = 0;  ///< As CompareOptions.
  /// Numbers of different kinds may be equal: 1, 1.0 and true.
  bool any_number = false;
  /// The fields of a Record may come in any order: Zarr keeps none in attributes.
  bool any_field_order = false;
  /// The ids beside references count: a conversion keeps them.
  bool reference_ids = false;

  bool is_tolerant() const noexcept { return absolute > 0 || relative > 0; }

  bool same(double a, double b) const noexcept;
  bool same(std::int64_t a, std::int64_t b) const noexcept;
  bool same(std::uint64_t a, std::uint64_t b) const noexcept;
};

/// What differs between two values; nothing: they are equal. Integers are equal by their value,
/// signed or not; Null only to Null.
std::optional<DifferenceKind> difference_of(const hdmf::Value& a, const hdmf::Value& b,
                                            const ValueRules& rules);

/// The same for nested lists, as the value of an attribute is: with the place of the first element
/// that differs, and how many do.
struct ListDifference {
  DifferenceKind kind = DifferenceKind::value;
  Shape index;
  const hdmf::Value* a = nullptr;  ///< The elements there.
  const hdmf::Value* b = nullptr;
  std::uint64_t count = 0;
};
std::optional<ListDifference> list_difference(const hdmf::Value& a, const hdmf::Value& b,
                                              const ValueRules& rules);

/// The lengths of nested lists, as far as all are equally long: (3, 2); () for what is no list.
Shape list_shape(const hdmf::Value& value);

/// `value` in short, for people: "4.7e-06", "\"text\"", "reference to /a/b". At most about 100
/// characters.
std::string show(const hdmf::Value& value);

/// Two values that differ: as show() has them, and with the ids of references where that tells them
/// apart.
std::pair<std::string, std::string> show_apart(const hdmf::Value& a, const hdmf::Value& b);

/// About the bytes that `value` holds.
std::uint64_t value_bytes(const hdmf::Value& value);

}  // namespace engram::converter
