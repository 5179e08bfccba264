#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engram/base/bytes.hpp"

namespace engram {

/// Lengths along each dimension, in elements; empty for a scalar.
using Shape = std::vector<std::uint64_t>;

/// A box of an array: `shape` elements from `origin` on, along each dimension.
struct Region {
  Shape origin;
  Shape shape;

  /// The whole of an array of `shape`.
  static Region all(const Shape& shape);

  friend bool operator==(const Region&, const Region&) = default;
};

/// The number of elements of `shape`: 1 for a scalar, 0 where any length is 0. Throws
/// Error(limit_exceeded) beyond 64 bits.
std::uint64_t element_count(const Shape& shape);

/// Throws Error(invalid_argument), naming both, when `region` has another rank than `shape` or
/// leaves it.
void check_inside(const Region& region, const Shape& shape);

/// "(3, 4)", "(5,)", "()", as NumPy prints it.
std::string to_string(const Shape& shape);

/// How the elements of a buffer lie in it: its dimensions from the one that varies slowest to the
/// one that varies fastest.
class Order {
 public:
  /// C's order, of any rank: the last dimension varies fastest.
  Order() = default;

  /// Fortran's: the first does.
  static Order fortran(std::size_t rank);

  /// `axes` from the slowest to the fastest. Throws Error(invalid_argument) unless each of the
  /// first axes.size() dimensions is there once.
  static Order of(std::vector<std::size_t> axes);

  /// True also where it is said in other words.
  bool is_c() const noexcept;

  /// True of more than one dimension, and where it was asked for in these words.
  bool is_fortran() const noexcept;

  /// True for what has `rank` dimensions.
  bool fits(std::size_t rank) const noexcept { return axes_.empty() || axes_.size() == rank; }

  /// The dimension that is `i`-th from the slowest.
  std::size_t axis(std::size_t i) const noexcept { return axes_.empty() ? i : axes_[i]; }

  /// The lengths of `shape` from the slowest dimension to the fastest.
  Shape from_slowest(const Shape& shape) const;

  /// The same order for what lies in `outer`: each of its dimensions by its place in `outer`, of
  /// which both have `rank`.
  std::vector<std::size_t> places_in(const Order& outer, std::size_t rank) const;

  /// The reverse: of an order that is given by places in this one.
  Order then(const std::vector<std::size_t>& places) const;

  friend bool operator==(const Order& a, const Order& b) noexcept {
    return a.axes_ == b.axes_ || (a.is_c() && b.is_c());
  }

 private:
  std::vector<std::size_t> axes_;  ///< Empty: C's order.
};

/// Where the box `part` of a C-ordered buffer of `shape` begins, in elements, when its elements lie
/// there one after another; nullopt when they don't.
std::optional<std::uint64_t> contiguous_offset(const Region& part, const Shape& shape);

/// Copies a box of elements from one buffer to another. `from` lies in a buffer of `source_shape`
/// elements, `to` (of the same shape as `from`) in one of `target_shape`; `element_size` in bytes.
/// The buffers don't overlap. Throws Error(invalid_argument) when a box leaves its shape, a buffer
/// is smaller than its shape says, or the boxes differ in shape.
void copy_region(BytesView source, const Shape& source_shape, const Region& from,
                 std::span<std::byte> target, const Shape& target_shape, const Region& to,
                 std::uint64_t element_size, const Order& source_order = {},
                 const Order& target_order = {});

/// Puts `element` at each place of the box `to` of a C-ordered buffer of `target_shape` elements.
/// Throws as copy_region() does.
void fill_region(std::span<std::byte> target, const Shape& target_shape, const Region& to,
                 BytesView element);

}  // namespace engram
