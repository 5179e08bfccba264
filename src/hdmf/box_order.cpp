// A union of boxes in C order, without looking at single elements:
//
// 1. Along the first dimension the boxes' ends cut the array into slabs; the boxes that lie over a
//    slab are the same for all its rows, and so is what they select of a row.
// 2. What they select of a row is the same question with one dimension less. Along the last one it
//    is a list of intervals, and overlapping ones are joined.
// 3. A slab of n rows of m selected elements is n * m elements of the result: its pieces are those
//    of a row, with a step of m along the first dimension.

#include "hdmf/box_order.hpp"

#include <algorithm>
#include <utility>

#include "engram/base/bytes.hpp"
#include "engram/base/error.hpp"

namespace engram::hdmf {
namespace {

constexpr std::uint64_t kMaxPieces = 1'000'000;
constexpr std::uint64_t kMaxWork = 50'000'000;  // Boxes looked at, counted at each slab.

using Boxes = std::vector<const Region*>;

bool is_point(const Region& box) {
  return std::all_of(box.shape.begin(), box.shape.end(), [](auto length) { return length == 1; });
}

class Union {
 public:
  explicit Union(std::size_t rank) : rank_(rank) {}

  BoxOrder of(Boxes boxes, std::size_t dimension) {
    BoxOrder order;
    std::sort(boxes.begin(), boxes.end(), [dimension](const Region* a, const Region* b) {
      return a->origin[dimension] < b->origin[dimension];
    });
    if (dimension + 1 == rank_) {
      add_intervals(boxes, dimension, order);
      return order;
    }
    std::vector<std::uint64_t> cuts;
    for (const Region* box : boxes) {
      cuts.push_back(box->origin[dimension]);
      cuts.push_back(box->origin[dimension] + box->shape[dimension]);
    }
    std::sort(cuts.begin(), cuts.end());
    cuts.erase(std::unique(cuts.begin(), cuts.end()), cuts.end());
    Boxes over;
    std::size_t next = 0;
    for (std::size_t i = 0; i + 1 < cuts.size(); ++i) {
      std::erase_if(over, [&](const Region* box) {
        return box->origin[dimension] + box->shape[dimension] <= cuts[i];
      });
      for (; next < boxes.size() && boxes[next]->origin[dimension] == cuts[i]; ++next)
        over.push_back(boxes[next]);
      count_work(over.size() + 1);
      if (!over.empty()) add_slab(cuts[i], cuts[i + 1] - cuts[i], of(over, dimension + 1), order);
    }
    return order;
  }

 private:
  static void refuse() {
    throw Error(ErrorCode::limit_exceeded,
                "a region reference has boxes that cut each other into too many pieces");
  }

  void count_work(std::size_t boxes) {
    work_ += boxes;
    if (work_ > kMaxWork) refuse();
  }

  static void check_pieces(const BoxOrder& order) {
    if (order.pieces.size() > kMaxPieces) refuse();
  }

  void add_intervals(const Boxes& boxes, std::size_t dimension, BoxOrder& order) {
    count_work(boxes.size());
    for (const Region* box : boxes) {
      const std::uint64_t begin = box->origin[dimension], end = begin + box->shape[dimension];
      Piece* last = order.pieces.empty() ? nullptr : &order.pieces.back();
      const std::uint64_t reached = last ? last->box.origin[0] + last->box.shape[0] : 0;
      if (last && begin <= reached) {
        if (end <= reached) continue;
        last->box.shape[0] += end - reached;
        order.count += end - reached;
        continue;
      }
      order.pieces.push_back({Region{{begin}, {end - begin}}, order.count, {1}});
      order.count += end - begin;
    }
    check_pieces(order);
  }

  static void add_slab(std::uint64_t begin, std::uint64_t rows, BoxOrder row, BoxOrder& order) {
    for (Piece& piece : row.pieces) {
      piece.box.origin.insert(piece.box.origin.begin(), begin);
      piece.box.shape.insert(piece.box.shape.begin(), rows);
      piece.steps.insert(piece.steps.begin(), row.count);
      piece.first += order.count;
      order.pieces.push_back(std::move(piece));
    }
    // No overflow: the selection is a part of the array.
    order.count += rows * row.count;
    check_pieces(order);
  }

  std::size_t rank_;
  std::uint64_t work_ = 0;
};

// How many indices along `dimension` the boxes cover.
std::uint64_t covered(const std::vector<Region>& boxes, std::size_t dimension) {
  std::vector<std::pair<std::uint64_t, std::uint64_t>> intervals;
  intervals.reserve(boxes.size());
  for (const Region& box : boxes)
    intervals.emplace_back(box.origin[dimension], box.origin[dimension] + box.shape[dimension]);
  std::sort(intervals.begin(), intervals.end());
  std::uint64_t count = 0, reached = 0;
  for (const auto& [begin, end] : intervals) {
    if (end <= reached) continue;
    count += end - std::max(begin, reached);
    reached = end;
  }
  return count;
}

BoxOrder points(const std::vector<Region>& boxes, std::size_t rank) {
  BoxOrder order;
  for (const Region& box : boxes) order.pieces.push_back({box, order.count++, Shape(rank, 1)});
  order.shape = boxes.size() == 1 ? boxes.front().shape : Shape{order.count};
  return order;
}

Region joined(const Region& a, const Region& b) {
  Region both = a;
  for (std::size_t d = 0; d < a.origin.size(); ++d) {
    const std::uint64_t end = std::max(a.origin[d] + a.shape[d], b.origin[d] + b.shape[d]);
    both.origin[d] = std::min(a.origin[d], b.origin[d]);
    both.shape[d] = end - both.origin[d];
  }
  return both;
}

bool is_at_most(const Region& region, std::uint64_t most) {
  std::uint64_t count = 1;
  for (const std::uint64_t length : region.shape) {
    if (length != 0 && count > most / length) return false;
    count *= length;
  }
  return count <= most;
}

// Calls `copy` for each run of `piece`, which lies in `within`.
void copy_runs(const Piece& piece, const Region& within,
               const std::function<void(std::uint64_t, std::uint64_t, std::uint64_t)>& copy) {
  const std::size_t rank = piece.box.shape.size();
  const std::uint64_t run = rank == 0 ? 1 : piece.box.shape.back();
  Shape index(rank, 0);
  while (true) {
    std::uint64_t from = 0, to = piece.first;
    for (std::size_t d = 0; d < rank; ++d) {
      from = from * within.shape[d] + (piece.box.origin[d] - within.origin[d] + index[d]);
      to += index[d] * piece.steps[d];
    }
    copy(from, to, run);
    std::size_t d = rank;
    while (d > 0) {
      --d;
      if (d + 1 == rank) continue;  // The last dimension is the run.
      if (++index[d] < piece.box.shape[d]) break;
      index[d] = 0;
      if (d == 0) return;
    }
    if (rank < 2) return;
  }
}

}  // namespace

BoxOrder in_order(const std::vector<Region>& boxes, std::size_t rank) {
  if (!boxes.empty() && std::all_of(boxes.begin(), boxes.end(), is_point))
    return points(boxes, rank);
  Boxes used;
  for (const Region& box : boxes)
    if (element_count(box.shape) > 0) used.push_back(&box);
  BoxOrder order;
  if (!used.empty()) order = Union(rank).of(std::move(used), 0);
  Shape lengths;
  std::uint64_t combinations = 1;
  for (std::size_t d = 0; d < rank; ++d) {
    lengths.push_back(covered(boxes, d));
    combinations *= lengths.back();  // May wrap around: then it is compared in vain.
  }
  const bool is_product = !boxes.empty() && combinations == order.count;
  order.shape = is_product ? std::move(lengths) : Shape{order.count};
  return order;
}

void gather(const BoxOrder& order, std::uint64_t most,
            const std::function<void(const Region&)>& read,
            const std::function<void(std::uint64_t, std::uint64_t, std::uint64_t)>& copy) {
  for (std::size_t begin = 0; begin < order.pieces.size();) {
    Region around = order.pieces[begin].box;
    std::size_t end = begin + 1;
    for (; end < order.pieces.size(); ++end) {
      Region more = joined(around, order.pieces[end].box);
      if (!is_at_most(more, most)) break;
      around = std::move(more);
    }
    read(around);
    for (; begin < end; ++begin) copy_runs(order.pieces[begin], around, copy);
  }
}

}  // namespace engram::hdmf
