// Selections that are no boxes, as boxes.

#include <fmt/format.h>

#include "engram/base/error.hpp"
#include "engram/hdmf/data_chunk_iterator.hpp"

namespace engram::hdmf {

std::vector<Region> select_mask(const std::vector<bool>& mask, const Shape& shape) {
  if (mask.size() != element_count(shape))
    throw Error(ErrorCode::invalid_argument, fmt::format("a mask of {} elements for shape {}",
                                                         mask.size(), engram::to_string(shape)));
  std::vector<Region> boxes;
  const std::uint64_t row = shape.empty() ? 1 : shape.back();
  for (std::uint64_t at = 0; at < mask.size();) {
    if (!mask[at]) {
      ++at;
      continue;
    }
    Region box{Shape(shape.size()), Shape(shape.size(), 1)};
    std::uint64_t rest = at;
    for (std::size_t d = shape.size(); d-- > 0; rest /= shape[d]) box.origin[d] = rest % shape[d];
    const std::uint64_t end = at - at % row + row;
    const std::uint64_t first = at;
    while (at < end && mask[at]) ++at;
    if (!shape.empty()) box.shape.back() = at - first;
    boxes.push_back(std::move(box));
  }
  return boxes;
}

std::vector<Region> select_points(std::span<const Shape> points) {
  std::vector<Region> boxes;
  boxes.reserve(points.size());
  for (const Shape& point : points) {
    if (point.size() != points.front().size())
      throw Error(ErrorCode::invalid_argument,
                  fmt::format("points {} and {} have different ranks",
                              engram::to_string(points.front()), engram::to_string(point)));
    boxes.push_back({point, Shape(point.size(), 1)});
  }
  return boxes;
}

std::vector<Region> select_rows(std::span<const std::uint64_t> rows, const Shape& row_shape) {
  std::vector<Region> boxes;
  for (const std::uint64_t row : rows) {
    if (!boxes.empty() && boxes.back().origin[0] + boxes.back().shape[0] == row) {
      ++boxes.back().shape[0];
      continue;
    }
    Region box = Region::all(row_shape);
    box.origin.insert(box.origin.begin(), row);
    box.shape.insert(box.shape.begin(), 1);
    boxes.push_back(std::move(box));
  }
  return boxes;
}

std::uint64_t selected_count(std::span<const Region> selection) {
  std::uint64_t count = 0;
  for (const Region& box : selection)
    count = checked_add(count, element_count(box.shape), "elements");
  return count;
}

}  // namespace engram::hdmf
