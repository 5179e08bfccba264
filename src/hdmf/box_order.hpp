#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "engram/array/region.hpp"

namespace engram::hdmf {

/// A box of selected elements, and where they go: element `i` of it (an index along each dimension)
/// becomes number first + sum(i[d] * steps[d]) of the selection. The last step is 1.
struct Piece {
  Region box;
  std::uint64_t first = 0;
  Shape steps;
};

/// The elements that boxes of an array select, in order: see Selection.
struct BoxOrder {
  std::vector<Piece> pieces;  ///< No two have an element in common, but for points.
  std::uint64_t count = 0;    ///< Elements in all.
  Shape shape;                ///< Of the selection.
};

/// The order of the union of `boxes`, all of rank `rank`; of points (boxes of one element) as they
/// stand. Throws Error(limit_exceeded) when the boxes cut each other into too many pieces.
BoxOrder in_order(const std::vector<Region>& boxes, std::size_t rank);

/// Reads what `order` selects: `read` is asked for one region after another, none of more than
/// `most` elements but for pieces that are larger themselves; then `copy(from, to, count)` is
/// called for each run of elements of it that become one run of the selection, `from` being an
/// index into what was read, C order.
void gather(const BoxOrder& order, std::uint64_t most,
            const std::function<void(const Region&)>& read,
            const std::function<void(std::uint64_t, std::uint64_t, std::uint64_t)>& copy);

}  // namespace engram::hdmf
