#include "hdf5_format/chunk_records.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "engram/array/chunk_grid.hpp"
#include "engram/array/region.hpp"
#include "engram/base/error.hpp"
#include "hdf5_format/chunk_elements.hpp"
#include "hdf5_format/version2_btree.hpp"

namespace engram::hdf5_format {
namespace {

// Of one dataset; they are held in memory.
constexpr std::size_t kMostChunks = std::size_t{1} << 25U;

// How a number of a chunk tells its coordinates: row by row over all that may ever be, the
// dimension without end, if there is one, first.
class ChunkNumbers {
 public:
  ChunkNumbers(const ChunkLayout& layout, const StoredSpace& space) {
    const std::size_t rank = layout.chunk_shape.size();
    std::vector<std::uint64_t> counts(rank);
    for (std::size_t i = 0; i < rank; ++i) {
      const std::uint64_t most = space.max_lengths[i];
      const std::uint64_t length = layout.chunk_shape[i];
      counts[i] = most == kEndless ? kEndless : divide_up(most, length);
      order_.push_back(i);
    }
    const auto endless = std::find(counts.begin(), counts.end(), kEndless);
    if (endless != counts.end())
      std::rotate(order_.begin(), order_.begin() + (endless - counts.begin()),
                  order_.begin() + (endless - counts.begin()) + 1);
    strides_.assign(rank, 1);
    for (std::size_t i = rank; i-- > 1;)
      strides_[i - 1] = checked_multiply(strides_[i], std::max<std::uint64_t>(counts[order_[i]], 1),
                                         "the chunks of a dataset");
  }

  void coordinates(std::uint64_t number, std::vector<std::uint64_t>& at) const {
    at.resize(order_.size());
    for (std::size_t i = 0; i < order_.size(); ++i) {
      at[order_[i]] = number / strides_[i];
      number %= strides_[i];
    }
  }

 private:
  std::vector<std::size_t> order_;
  std::vector<std::uint64_t> strides_;
};

// Chunks of which nothing is in the dataset, as it is now, may still be stored.
bool is_inside(const std::vector<std::uint64_t>& at, const ChunkLayout& layout,
               const StoredSpace& space) {
  for (std::size_t i = 0; i < at.size(); ++i)
    if (at[i] >= divide_up(space.lengths[i], layout.chunk_shape[i])) return false;
  return true;
}

// Each record of such a tree tells where the chunk is stored, and which it is.
void read_tree(FormatFile& file, std::uint64_t address, std::uint64_t plain_size,
               ChunkRecords& chunks) {
  constexpr std::uint64_t kUnfilteredChunks = 10, kFilteredChunks = 11;
  std::vector<std::uint64_t> at(chunks.rank);
  read_version2_btree(file, address, [&](std::uint64_t kind) -> TakeRecord {
    if (kind != kUnfilteredChunks && kind != kFilteredChunks)
      throw Error(ErrorCode::corrupt_data, "a B-tree of something else than chunks");
    return [&, is_filtered = kind == kFilteredChunks](BytesView bytes) {
      const std::uint64_t place = 8 * chunks.rank;
      if (bytes.size() < place)
        throw Error(ErrorCode::corrupt_data, "a B-tree of chunks without places");
      const ChunkElement element(is_filtered, bytes.size() - place, plain_size, file);
      FormatCursor cursor(bytes);
      ChunkRecord record;
      const bool is_stored = element.read(cursor, record);
      for (std::uint64_t& each : at) each = cursor.number(8);
      if (is_stored) chunks.add(record, at);
    };
  });
}

void sort(ChunkRecords& chunks) {
  std::vector<std::size_t> order(chunks.records.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto is_before = [&](std::size_t a, std::size_t b) {
    return std::lexicographical_compare(chunks.at(a), chunks.at(a) + chunks.rank, chunks.at(b),
                                        chunks.at(b) + chunks.rank);
  };
  if (std::is_sorted(order.begin(), order.end(), is_before)) return;
  std::sort(order.begin(), order.end(), is_before);
  ChunkRecords sorted{chunks.rank, {}, {}};
  for (const std::size_t each : order) {
    sorted.records.push_back(chunks.records[each]);
    sorted.coordinates.insert(sorted.coordinates.end(), chunks.at(each),
                              chunks.at(each) + chunks.rank);
  }
  chunks = std::move(sorted);
}

void check_order(const ChunkRecords& chunks) {
  for (std::size_t i = 1; i < chunks.records.size(); ++i)
    if (std::equal(chunks.at(i - 1), chunks.at(i), chunks.at(i)))
      throw Error(ErrorCode::corrupt_data, "a chunk that is stored twice");
}

}  // namespace

void ChunkRecords::add(const ChunkRecord& record, const std::vector<std::uint64_t>& at) {
  if (records.size() == kMostChunks)
    throw Error(ErrorCode::limit_exceeded, fmt::format("more than {} chunks", kMostChunks));
  records.push_back(record);
  coordinates.insert(coordinates.end(), at.begin(), at.end());
}

ChunkRecords read_chunk_records(FormatFile& file, const ChunkLayout& layout,
                                const StoredSpace& space) {
  ChunkRecords chunks;
  chunks.rank = layout.chunk_shape.size();
  if (space.lengths.size() != chunks.rank)
    throw Error(ErrorCode::corrupt_data, "chunks that have other dimensions than their dataset");
  if (is_undefined(layout.address, file.offset_size())) return chunks;
  const std::uint64_t plain_size = checked_multiply(element_count(layout.chunk_shape),
                                                    layout.element_size, "the size of a chunk");

  const ChunkNumbers numbers(layout, space);
  std::vector<std::uint64_t> at;
  const TakeChunk take = [&](std::uint64_t number, const ChunkRecord& record) {
    numbers.coordinates(number, at);
    if (is_inside(at, layout, space)) chunks.add(record, at);
  };
  switch (layout.index) {
    case ChunkLayout::single:
      take(0, {layout.address, layout.is_single_filtered() ? layout.single_size : plain_size,
               layout.single_mask});
      break;
    case ChunkLayout::implicit:
      // One after another, and never with filters: no version has changed them.
      throw Error(ErrorCode::unsupported, "an implicit index of a version that nobody knows");
    case ChunkLayout::fixed_array:
      read_fixed_array(file, layout.address, plain_size, take);
      break;
    case ChunkLayout::extensible_array:
      read_extensible_array(file, layout.address, plain_size, take);
      break;
    default:
      read_tree(file, layout.address, plain_size, chunks);
  }
  sort(chunks);
  check_order(chunks);
  return chunks;
}

}  // namespace engram::hdf5_format
