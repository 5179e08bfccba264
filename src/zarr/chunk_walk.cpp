#include "zarr/chunk_walk.hpp"

#include <algorithm>

#include "engram/base/error.hpp"

namespace engram::zarr {
namespace {

constexpr std::uint64_t kDefaultBudget = 512ULL << 20;

}  // namespace

ChunkWalk::ChunkWalk(const ChunkGrid& grid, const Region& region) : grid_(grid), region_(region) {
  if (element_count(region.shape) == 0) return;
  for (std::size_t d = 0; d < region.shape.size(); ++d) {
    const std::uint64_t length = grid.chunk_shape()[d];
    first_.push_back(region.origin[d] / length);
    counts_.push_back((region.origin[d] + region.shape[d] - 1) / length - first_[d] + 1);
  }
  count_ = element_count(counts_);
}

Shape ChunkWalk::place(std::uint64_t i) const {
  Shape place = first_;
  for (std::size_t d = place.size(); d-- > 0;) {
    place[d] += i % counts_[d];
    i /= counts_[d];
  }
  return place;
}

Overlap ChunkWalk::overlap(const Shape& place) const {
  const Region chunk = grid_.region(place);
  Overlap overlap;
  for (std::size_t d = 0; d < region_.shape.size(); ++d) {
    const std::uint64_t from = std::max(chunk.origin[d], region_.origin[d]);
    const std::uint64_t to =
        std::min(chunk.origin[d] + chunk.shape[d], region_.origin[d] + region_.shape[d]);
    overlap.in_chunk.origin.push_back(from - chunk.origin[d]);
    overlap.in_region.origin.push_back(from - region_.origin[d]);
    overlap.in_chunk.shape.push_back(to - from);
  }
  overlap.in_region.shape = overlap.in_chunk.shape;
  return overlap;
}

bool ChunkWalk::covers(const Shape& place, const Overlap& overlap) const {
  return overlap.in_chunk.shape == grid_.region(place).shape;
}

std::vector<CodecConfig> codecs_of_bytes(const ArrayMetadata& metadata) {
  const auto first = metadata.codecs.begin();
  return {first + (metadata.is_object && !metadata.codecs.empty() ? 1 : 0), metadata.codecs.end()};
}

codec::ChunkElements elements_of(const ArrayMetadata& metadata) {
  if (metadata.is_object) return {};
  if (metadata.zarr_format == 2)
    return {metadata.type, metadata.chunk_shape, !metadata.order.is_c()};
  return {metadata.type, metadata.order.from_slowest(metadata.chunk_shape), false};
}

std::uint64_t offset_in(const Shape& shape, const Order& order, const Shape& index,
                        const Shape& origin) {
  std::uint64_t offset = 0;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    const std::size_t d = order.axis(i);
    offset = offset * shape[d] + index[d] + origin[d];
  }
  return offset;
}

void run_tasks(const Workers& workers, std::uint64_t count, std::uint64_t cost,
               const std::function<void(std::uint64_t)>& task) {
  if (workers.pool == nullptr) {
    for (std::uint64_t i = 0; i < count; ++i) {
      if (workers.stop.stop_requested())
        throw Error(ErrorCode::cancelled, "stopped as was asked for");
      task(i);
    }
    return;
  }
  MemoryBudget own(kDefaultBudget);
  parallel_for(
      *workers.pool, workers.budget != nullptr ? *workers.budget : own, count,
      [cost](std::uint64_t) { return cost; }, task, workers.stop);
}

}  // namespace engram::zarr
