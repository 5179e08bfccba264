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

/// Which dimension of a buffer varies fastest: the last or the first.
enum class Order : std::uint8_t { c, fortran };

/// Where the box `part` of a C-ordered buffer of `shape` begins, in elements, when its elements lie
/// there one after another; nullopt when they don't.
std::optional<std::uint64_t> contiguous_offset(const Region& part, const Shape& shape);

/// Copies a box of elements from one buffer to another. `from` lies in a buffer of `source_shape`
/// elements, `to` (of the same shape as `from`) in one of `target_shape`; `element_size` in bytes.
/// The buffers don't overlap. Throws Error(invalid_argument) when a box leaves its shape, a buffer
/// is smaller than its shape says, or the boxes differ in shape.
void copy_region(BytesView source, const Shape& source_shape, const Region& from,
                 std::span<std::byte> target, const Shape& target_shape, const Region& to,
                 std::uint64_t element_size, Order source_order = Order::c,
                 Order target_order = Order::c);

/// Puts `element` at each place of the box `to` of a C-ordered buffer of `target_shape` elements.
/// Throws as copy_region() does.
void fill_region(std::span<std::byte> target, const Shape& target_shape, const Region& to,
                 BytesView element);

}  // namespace engram
