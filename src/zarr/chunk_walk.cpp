#include "zarr/chunk_walk.hpp"

#include "engram/base/error.hpp"

namespace engram::zarr {
namespace {

constexpr std::uint64_t kDefaultBudget = 512ULL << 20;

}  // namespace

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
