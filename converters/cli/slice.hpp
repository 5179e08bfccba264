#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "engram/array/region.hpp"

namespace engram::cli {

/// The elements that a slice takes of one dimension: `count` of them, from `start` on, `step`
/// apart.
struct AxisSelection {
  std::uint64_t start = 0;
  std::int64_t step = 1;  ///< Never 0; below 0: backwards.
  std::uint64_t count = 0;
  bool dropped = false;  ///< A single index: the result has no such dimension.

  friend bool operator==(const AxisSelection&, const AxisSelection&) = default;
};

/// A selection of an array, one entry a dimension.
struct Selection {
  std::vector<AxisSelection> axes;

  /// The shape of the result.
  Shape shape() const;
};

/// The selection that NumPy's index `text` (what stands between the brackets: "0:10, 3, ..., -1,
/// ::-2") takes of an array of `shape`; an empty text takes all. As in NumPy, slices are cut to the
/// array and a single index outside of it is an error. Throws Error(invalid_argument).
Selection parse_slice(std::string_view text, const Shape& shape);

/// Calls `use` for one box after another that together hold the selection, in C order of the
/// result, each of at most `most_elements` elements (a single one, if that is 0). `picked` are the
/// places of the selected elements in the box, counted in its C order.
void for_each_block(
    const Selection& selection, std::uint64_t most_elements,
    const std::function<void(const Region& box, const std::vector<std::uint64_t>& picked)>& use);

}  // namespace engram::cli
