// Each selection is brought to a form that depends on its elements alone, without looking at single
// ones:
//
// 1. Along the first dimension the boxes' ends cut the selection into slabs; what is selected of a
//    row is the same for all rows of a slab, and is the same question with one dimension less.
// 2. Slabs that touch and select the same of a row are joined. Along the last dimension intervals
//    that touch or overlap are.
// 3. The form is the list of slabs, each with its first and last row and the form of its row.

#include "converters/same_selection.hpp"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "engram/base/error.hpp"

namespace engram::converter {
namespace {

constexpr std::uint64_t kMostWork = 20'000'000;  // Boxes looked at, counted at each slab.

using Form = std::vector<std::uint64_t>;
using Boxes = std::vector<const Region*>;

class Shaper {
 public:
  explicit Shaper(std::size_t rank) : rank_(rank) {}

  Form form(Boxes boxes, std::size_t dimension) {
    if (rank_ == 0) return {};
    std::sort(boxes.begin(), boxes.end(), [dimension](const Region* a, const Region* b) {
      return a->origin[dimension] < b->origin[dimension];
    });
    return dimension + 1 == rank_ ? intervals(boxes, dimension) : slabs(boxes, dimension);
  }

 private:
  static std::uint64_t end_of(const Region* box, std::size_t dimension) {
    return box->origin[dimension] + box->shape[dimension];
  }

  void count_work(std::size_t boxes) {
    work_ += boxes;
    if (work_ > kMostWork)
      throw Error(ErrorCode::limit_exceeded,
                  "a region reference has boxes that cut each other into too many pieces");
  }

  Form intervals(const Boxes& boxes, std::size_t dimension) {
    count_work(boxes.size());
    Form form;
    for (const Region* box : boxes) {
      if (!form.empty() && box->origin[dimension] <= form.back()) {
        form.back() = std::max(form.back(), end_of(box, dimension));
      } else {
        form.push_back(box->origin[dimension]);
        form.push_back(end_of(box, dimension));
      }
    }
    return form;
  }

  Form slabs(const Boxes& boxes, std::size_t dimension) {
    std::vector<std::uint64_t> cuts;
    for (const Region* box : boxes) {
      cuts.push_back(box->origin[dimension]);
      cuts.push_back(end_of(box, dimension));
    }
    std::sort(cuts.begin(), cuts.end());
    cuts.erase(std::unique(cuts.begin(), cuts.end()), cuts.end());
    Form all, row;
    std::uint64_t begin = 0, end = 0;
    const auto pass = [&] {
      if (row.empty()) return;
      all.insert(all.end(), {begin, end, row.size()});
      all.insert(all.end(), row.begin(), row.end());
    };
    Boxes over;
    std::size_t next = 0;
    for (std::size_t i = 0; i + 1 < cuts.size(); ++i) {
      std::erase_if(over, [&](const Region* box) { return end_of(box, dimension) <= cuts[i]; });
      for (; next < boxes.size() && boxes[next]->origin[dimension] == cuts[i]; ++next)
        over.push_back(boxes[next]);
      count_work(over.size() + 1);
      Form below = over.empty() ? Form() : form(over, dimension + 1);
      if (below == row) {
        end = cuts[i + 1];
        continue;
      }
      pass();
      row = std::move(below);
      begin = cuts[i];
      end = cuts[i + 1];
    }
    pass();
    return all;
  }

  const std::size_t rank_;
  std::uint64_t work_ = 0;
};

bool is_empty(const Region& box) {
  return std::find(box.shape.begin(), box.shape.end(), 0U) != box.shape.end();
}

// Those that select something. False when one has another rank.
bool collect_boxes(const std::vector<Region>& boxes, std::size_t rank, Boxes& found) {
  for (const Region& box : boxes) {
    if (box.origin.size() != rank || box.shape.size() != rank) return false;
    if (!is_empty(box)) found.push_back(&box);
  }
  return true;
}

}  // namespace

bool same_selection(const std::vector<Region>& a, const std::vector<Region>& b) {
  if (a == b) return true;
  const std::size_t rank = a.empty() ? b.front().origin.size() : a.front().origin.size();
  Boxes from_a, from_b;
  if (!collect_boxes(a, rank, from_a) || !collect_boxes(b, rank, from_b)) return false;
  if (from_a.empty() || from_b.empty()) return from_a.empty() == from_b.empty();
  return Shaper(rank).form(from_a, 0) == Shaper(rank).form(from_b, 0);
}

}  // namespace engram::converter
