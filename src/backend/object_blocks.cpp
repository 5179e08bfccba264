#include "backend/object_blocks.hpp"

#include <algorithm>

namespace engram::backend {

Shape object_chunk_shape(const Shape& shape, std::uint64_t max_elements) {
  Shape chunk(shape.size(), 1);
  std::uint64_t left = std::max<std::uint64_t>(max_elements, 1);
  for (std::size_t d = shape.size(); d-- > 0 && left > 1;) {
    chunk[d] = std::max<std::uint64_t>(1, std::min(shape[d], left));
    // A row that is cut leaves nothing for the dimensions above it.
    left = chunk[d] < shape[d] ? 1 : left / chunk[d];
  }
  return chunk;
}

Region box_at(const Shape& shape, std::uint64_t offset, std::uint64_t max_elements) {
  Region box;
  box.origin.resize(shape.size());
  box.shape.assign(shape.size(), 1);
  std::uint64_t rest = offset;
  for (std::size_t d = shape.size(); d-- > 0;) {
    box.origin[d] = rest % shape[d];
    rest /= shape[d];
  }
  std::uint64_t below = 1;
  for (std::size_t d = shape.size(); d-- > 0;) {
    box.shape[d] =
        std::min(shape[d] - box.origin[d], std::max<std::uint64_t>(1, max_elements / below));
    if (box.shape[d] < shape[d]) break;
    below *= shape[d];
  }
  return box;
}

}  // namespace engram::backend
