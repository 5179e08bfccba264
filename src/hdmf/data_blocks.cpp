// Iterators over arrays that are there or can be computed, block by block.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "engram/array/chunk_grid.hpp"
#include "engram/base/error.hpp"
#include "engram/hdmf/data_chunk_iterator.hpp"

namespace engram::hdmf {
namespace {

void check_block(const char* what, const Shape& block, const Shape& shape) {
  bool fits = block.size() == shape.size();
  for (std::size_t d = 0; fits && d < shape.size(); ++d)
    fits = block[d] > 0 && block[d] <= std::max<std::uint64_t>(shape[d], 1);
  if (!fits)
    throw Error(ErrorCode::invalid_argument,
                fmt::format("{} {} does not fit an array of shape {}: it needs the same rank, and "
                            "lengths from 1 to the array's",
                            what, engram::to_string(block), engram::to_string(shape)));
}

void check_whole_chunks(const Shape& buffer, const Shape& chunk, const Shape& shape) {
  for (std::size_t d = 0; d < shape.size(); ++d)
    if (buffer[d] % chunk[d] != 0 && buffer[d] < shape[d])
      throw Error(ErrorCode::invalid_argument,
                  fmt::format("buffer shape {} is no whole number of chunks of {} along dimension "
                              "{}, so that chunks would be written more than once",
                              engram::to_string(buffer), engram::to_string(chunk), d));
}

class BlockIterator final : public DataChunkIterator {
 public:
  BlockIterator(IteratorInfo info, std::function<Bytes(const Region&)> read, Shape buffer_shape)
      : info_(std::move(info)),
        read_(std::move(read)),
        blocks_(info_.max_shape, std::move(buffer_shape)) {}

  const ElementType& type() const override { return info_.type; }
  const Shape& max_shape() const override { return info_.max_shape; }
  const Shape& chunk_shape() const override { return info_.chunk_shape; }

  std::optional<DataChunk> next() override {
    if (next_ == blocks_.chunk_count()) return std::nullopt;
    const Region block = blocks_.region(blocks_.place(next_));
    Bytes elements = read_(block);
    ++next_;  // A read that threw is tried again.
    return DataChunk{{block}, std::move(elements)};
  }

 private:
  IteratorInfo info_;
  std::function<Bytes(const Region&)> read_;
  ChunkGrid blocks_;
  std::uint64_t next_ = 0;
};

}  // namespace

Shape default_chunk_shape(const Shape& shape, std::uint64_t element_size,
                          std::uint64_t chunk_bytes) {
  if (shape.empty()) return {};
  const std::uint64_t least = *std::min_element(shape.begin(), shape.end());
  Shape steps;
  for (const std::uint64_t length : shape)
    steps.push_back(length / std::max(least, std::uint64_t{1}));
  const auto product = [&] {
    double all = static_cast<double>(element_size);
    for (const std::uint64_t step : steps) all *= static_cast<double>(step);
    return all;
  };
  const auto wanted = static_cast<double>(chunk_bytes);
  const auto is_one = [](std::uint64_t step) { return step <= 1; };
  while (product() > wanted && !std::all_of(steps.begin(), steps.end(), is_one)) {
    std::uint64_t divisor = UINT64_MAX;
    for (const std::uint64_t step : steps)
      if (step > 1) divisor = std::min(divisor, step);
    for (std::uint64_t& step : steps)
      if (step > 1) step /= divisor;
  }
  const double factor =
      std::floor(std::pow(wanted / product(), 1.0 / static_cast<double>(shape.size())));
  const auto times = static_cast<std::uint64_t>(std::clamp(factor, 1.0, 1e15));
  Shape chunk;
  for (std::size_t d = 0; d < shape.size(); ++d) {
    const bool is_beyond = steps[d] != 0 && times > shape[d] / steps[d];
    chunk.push_back(is_beyond ? shape[d] : std::max<std::uint64_t>(times * steps[d], 1));
  }
  return chunk;
}

Shape default_buffer_shape(const Shape& shape, const Shape& chunk_shape, std::uint64_t element_size,
                           std::uint64_t buffer_bytes) {
  if (shape.empty()) return {};
  double chunk_bytes = static_cast<double>(element_size);
  for (const std::uint64_t length : chunk_shape) chunk_bytes *= static_cast<double>(length);
  const double factor = std::floor(std::pow(static_cast<double>(buffer_bytes) / chunk_bytes,
                                            1.0 / static_cast<double>(shape.size())));
  const auto times = static_cast<std::uint64_t>(std::clamp(factor, 1.0, 1e15));
  Shape buffer;
  for (std::size_t d = 0; d < shape.size(); ++d)
    buffer.push_back(times > shape[d] / chunk_shape[d] ? shape[d] : times * chunk_shape[d]);
  return buffer;
}

std::unique_ptr<DataChunkIterator> iterate_blocks(IteratorInfo info,
                                                  std::function<Bytes(const Region&)> read,
                                                  const BlockOptions& options) {
  const Shape& shape = info.max_shape;
  if (std::find(shape.begin(), shape.end(), kUnlimited) != shape.end())
    throw Error(ErrorCode::invalid_argument, "an array without end can't be read block by block");
  if (!std::holds_alternative<DataType>(info.type))
    throw Error(ErrorCode::invalid_argument, "blocks are of elements of fixed size");
  const std::uint64_t size = std::get<DataType>(info.type).size;
  if (!options.chunk_shape.empty()) info.chunk_shape = options.chunk_shape;
  Shape chunk = info.chunk_shape;
  Shape ones = shape;  // An array without elements has blocks as one with some.
  for (std::uint64_t& length : ones) length = std::max<std::uint64_t>(length, 1);
  if (chunk.empty()) chunk = default_chunk_shape(ones, size, options.chunk_bytes);
  check_block("chunk shape", chunk, shape);
  Shape buffer = options.buffer_shape;
  if (buffer.empty()) buffer = default_buffer_shape(ones, chunk, size, options.buffer_bytes);
  check_block("buffer shape", buffer, shape);
  check_whole_chunks(buffer, chunk, shape);
  info.chunk_shape = std::move(chunk);
  return std::make_unique<BlockIterator>(std::move(info), std::move(read), std::move(buffer));
}

std::unique_ptr<DataChunkIterator> iterate_blocks(std::shared_ptr<const ArraySource> source,
                                                  const BlockOptions& options,
                                                  const std::optional<Region>& part) {
  const ArrayInfo& info = source->info();
  const Region all = part.value_or(Region::all(info.shape));
  check_inside(all, info.shape);
  const std::uint64_t size = info.type.size;
  const DataType type = info.type.little_endian();
  auto read = [source = std::move(source), origin = all.origin, size](const Region& block) {
    Region place = block;
    for (std::size_t d = 0; d < origin.size(); ++d) place.origin[d] += origin[d];
    Bytes elements(static_cast<std::size_t>(
        checked_multiply(element_count(block.shape), size, "the size of a block")));
    source->read(place, elements);
    return elements;
  };
  return iterate_blocks(IteratorInfo{type, all.shape, {}}, std::move(read), options);
}

}  // namespace engram::hdmf
