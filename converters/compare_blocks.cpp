#include "converters/compare_blocks.hpp"

#include <algorithm>
#include <numeric>

#include "base/thread_buffer.hpp"
#include "converters/retile.hpp"
#include "engram/array/chunk_grid.hpp"
#include "engram/base/error.hpp"
#include "engram/codec/pipeline.hpp"

namespace engram::converter {
namespace {

// What is read at once of arrays without chunks.
constexpr std::uint64_t kPlainBytes = 4U << 20;
// Chunks that are smaller are read several at once, unless both arrays have the same.
constexpr std::uint64_t kLeastBytes = 1U << 20;
// Blocks that are the common multiple of two chunks are no larger: many are compared at once.
constexpr std::uint64_t kJointBytes = 64U << 20;
constexpr std::uint64_t kMostListed = 16'000'000;
constexpr std::uint64_t kTooMany = ~std::uint64_t{0};

// The product of `lengths` and `size`, or kTooMany.
std::uint64_t bytes_of(const Shape& lengths, std::uint64_t size) {
  std::uint64_t bytes = std::max<std::uint64_t>(size, 1);
  for (const std::uint64_t length : lengths) {
    if (length != 0 && bytes > kTooMany / length) return kTooMany;
    bytes *= length;
  }
  return bytes;
}

Shape cut(Shape lengths, const Shape& shape) {
  for (std::size_t d = 0; d < lengths.size(); ++d)
    lengths[d] = std::max<std::uint64_t>(std::min(lengths[d], shape[d]), 1);
  return lengths;
}

// The least lengths at whose multiples chunks of both end.
Shape joint(const Shape& a, const Shape& b, const Shape& shape) {
  Shape lengths(shape.size());
  for (std::size_t d = 0; d < shape.size(); ++d) {
    const std::uint64_t rest = b[d] / std::gcd(a[d], b[d]);
    lengths[d] = a[d] > kTooMany / rest ? shape[d] : a[d] * rest;
  }
  return cut(std::move(lengths), shape);
}

// `unit` made longer, from the last dimension on, by whole multiples, as long as it has at most
// `most_bytes`.
Shape grown(Shape unit, const Shape& shape, std::uint64_t size, std::uint64_t most_bytes) {
  for (std::size_t d = unit.size(); d-- > 0;) {
    const std::uint64_t bytes = bytes_of(unit, size);
    const std::uint64_t times = most_bytes / std::max<std::uint64_t>(bytes, 1);
    if (times <= 1) break;
    const std::uint64_t wanted = divide_up(shape[d], unit[d]);
    unit[d] = std::min(shape[d], unit[d] * std::min(times, std::max<std::uint64_t>(wanted, 1)));
    unit[d] = std::max<std::uint64_t>(unit[d], 1);
    if (unit[d] < shape[d]) break;
  }
  return unit;
}

// A small `unit` made longer along the first dimension, by whole multiples.
Shape longer(Shape unit, const Shape& shape, std::uint64_t size) {
  if (unit.empty()) return unit;
  const std::uint64_t times = kLeastBytes / bytes_of(unit, size);
  if (times > 1) unit[0] = std::min(shape[0], unit[0] * std::min(times, shape[0]));
  return cut(std::move(unit), shape);
}

// The number of blocks that `region` reaches into, and the first and last place of them.
std::uint64_t reach(const Region& region, const Shape& block, Shape& first, Shape& last) {
  std::uint64_t count = 1;
  for (std::size_t d = 0; d < block.size(); ++d) {
    first[d] = region.origin[d] / block[d];
    last[d] = (region.origin[d] + region.shape[d] - 1) / block[d];
    const std::uint64_t along = last[d] - first[d] + 1;
    count = along > kTooMany / count ? kTooMany : count * along;
  }
  return count;
}

}  // namespace

Shape block_shape(const ArrayInfo& a, const ArrayInfo& b, std::uint64_t most_bytes) {
  const Shape& shape = a.shape;
  const std::uint64_t size = std::max(a.type.size, b.type.size);
  if (a.chunk_shape.empty() && b.chunk_shape.empty())
    return grown(cut(Shape(shape.size(), 1), shape), shape, size,
                 std::min(kPlainBytes, most_bytes));
  if (a.chunk_shape == b.chunk_shape) return cut(a.chunk_shape, shape);
  if (a.chunk_shape.empty() || b.chunk_shape.empty()) {
    // Rows of the other array lie one after another: they are read whole where memory allows.
    const Shape unit = cut(a.chunk_shape.empty() ? b.chunk_shape : a.chunk_shape, shape);
    Shape rows = unit;
    for (std::size_t d = 1; d < rows.size(); ++d) rows[d] = shape[d];
    const bool fits = bytes_of(rows, size) <= most_bytes;
    return longer(fits ? cut(rows, shape) : unit, shape, size);
  }
  const Shape both = joint(a.chunk_shape, b.chunk_shape, shape);
  if (bytes_of(both, size) <= std::min(kJointBytes, most_bytes)) return longer(both, shape, size);
  const bool larger_a =
      bytes_of(a.chunk_shape, a.type.size) >= bytes_of(b.chunk_shape, b.type.size);
  return longer(cut(larger_a ? a.chunk_shape : b.chunk_shape, shape), shape, size);
}

std::optional<std::vector<std::uint64_t>> blocks_of(const std::vector<EncodedChunk>& chunks,
                                                    const ChunkGrid& chunk_grid,
                                                    const ChunkGrid& blocks) {
  std::vector<std::uint64_t> numbers;
  Shape first(blocks.shape().size()), last = first;
  for (const EncodedChunk& chunk : chunks) {
    const Region region = chunk_grid.region(chunk_grid.place(chunk.number));
    const std::uint64_t count = reach(region, blocks.chunk_shape(), first, last);
    if (count > kMostListed || numbers.size() + count > kMostListed) return std::nullopt;
    Shape place = first;
    for (std::uint64_t i = 0; i < count; ++i) {
      numbers.push_back(blocks.number(place));
      for (std::size_t d = place.size(); d-- > 0;) {
        if (++place[d] <= last[d]) break;
        place[d] = first[d];
      }
    }
  }
  std::sort(numbers.begin(), numbers.end());
  numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
  return numbers;
}

struct BlockReader::Decoder {
  Decoder(const ArraySource& of, const std::vector<EncodedChunk>& all)
      : source(of),
        chunks(all),
        grid(of.info().shape, of.info().chunk_shape),
        pipeline(codec::Pipeline::decoder(of.encoded()->codecs())),
        fill(of.info().fill_value.value_or(Bytes(of.info().type.size))) {
    make_little_endian(of.info().type, fill);
  }

  void read(const Region& region, std::span<std::byte> out) const;
  void read_chunk(const EncodedChunk& chunk, const Region& region, std::span<std::byte> out) const;

  const ArraySource& source;
  const std::vector<EncodedChunk>& chunks;
  const ChunkGrid grid;
  const codec::Pipeline pipeline;
  Bytes fill;
};

void BlockReader::Decoder::read(const Region& region, std::span<std::byte> out) const {
  if (element_count(region.shape) == 0) return;
  Shape first(region.shape.size()), last = first;
  const std::uint64_t count = reach(region, grid.chunk_shape(), first, last);
  std::vector<const EncodedChunk*> found;
  Shape place = first;
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::uint64_t number = grid.number(place);
    const auto at = std::lower_bound(
        chunks.begin(), chunks.end(), number,
        [](const EncodedChunk& chunk, std::uint64_t wanted) { return chunk.number < wanted; });
    if (at != chunks.end() && at->number == number) found.push_back(&*at);
    for (std::size_t d = place.size(); d-- > 0;) {
      if (++place[d] <= last[d]) break;
      place[d] = first[d];
    }
  }
  if (found.size() < count) fill_region(out, region.shape, Region::all(region.shape), fill);
  for (const EncodedChunk* chunk : found) read_chunk(*chunk, region, out);
}

void BlockReader::Decoder::read_chunk(const EncodedChunk& chunk, const Region& region,
                                      std::span<std::byte> out) const {
  const ArrayInfo& info = source.info();
  const Region whole = grid.region(grid.place(chunk.number));
  ThreadBuffer stored;
  stored.bytes().resize(chunk.size);
  const std::uint32_t mask = source.encoded()->read(chunk, stored.bytes());
  if (whole == region && region.shape == info.chunk_shape) {
    pipeline.decode(stored.bytes(), out, mask);
    make_little_endian(info.type, out);
    return;
  }
  ThreadBuffer decoded;
  decoded.bytes().resize(element_count(info.chunk_shape) * info.type.size);
  pipeline.decode(stored.bytes(), decoded.bytes(), mask);
  make_little_endian(info.type, decoded.bytes());
  Region from{Shape(region.shape.size()), Shape(region.shape.size())}, to = from;
  for (std::size_t d = 0; d < region.shape.size(); ++d) {
    const std::uint64_t left = std::max(whole.origin[d], region.origin[d]);
    const std::uint64_t right =
        std::min(whole.origin[d] + whole.shape[d], region.origin[d] + region.shape[d]);
    from.origin[d] = left - whole.origin[d];
    to.origin[d] = left - region.origin[d];
    from.shape[d] = to.shape[d] = right - left;
  }
  copy_region(decoded.bytes(), info.chunk_shape, from, out, region.shape, to, info.type.size);
}

BlockReader::BlockReader(const ArraySource& source, const std::vector<EncodedChunk>* listed)
    : source_(source) {
  const EncodedChunks* encoded = source.encoded();
  if (listed == nullptr || encoded == nullptr || source.info().chunk_shape.empty()) return;
  if (all_known(encoded->codecs())) decoder_ = std::make_unique<const Decoder>(source, *listed);
}

BlockReader::~BlockReader() = default;

void BlockReader::read(const Region& region, std::span<std::byte> out) const {
  if (decoder_ != nullptr) {
    decoder_->read(region, out);
  } else {
    source_.read(region, out);
  }
}

}  // namespace engram::converter
