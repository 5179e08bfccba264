#include "hdf5_format/chunk_layout.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "engram/base/error.hpp"

namespace engram::hdf5_format {
namespace {

constexpr std::uint64_t kChunkedClass = 2;

std::vector<std::uint64_t> read_lengths(FormatCursor& cursor, std::uint64_t rank,
                                        std::uint64_t width) {
  std::vector<std::uint64_t> lengths(rank);
  for (std::uint64_t& length : lengths) {
    length = cursor.number(width);
    if (is_undefined(length, width)) length = kEndless;
  }
  return lengths;
}

}  // namespace

StoredSpace read_space(BytesView message, std::uint64_t length_size) {
  FormatCursor cursor(message);
  const std::uint64_t version = cursor.number(1);
  const std::uint64_t rank = cursor.number(1);
  const std::uint64_t flags = cursor.number(1);
  cursor.skip(version == 1 ? 5 : 1);
  if (rank > kMaxStoredRank)
    throw Error(ErrorCode::corrupt_data, fmt::format("a dataspace of {} dimensions", rank));
  StoredSpace space;
  space.lengths = read_lengths(cursor, rank, length_size);
  space.max_lengths =
      (flags & 0x01U) != 0 ? read_lengths(cursor, rank, length_size) : space.lengths;
  return space;
}

std::optional<ChunkLayout> read_chunk_layout(BytesView message, const FormatFile& file) {
  FormatCursor cursor(message);
  ChunkLayout layout;
  layout.version = static_cast<std::uint8_t>(cursor.number(1));
  if ((layout.version != 4 && layout.version != 5) || cursor.number(1) != kChunkedClass)
    return std::nullopt;
  layout.flags = static_cast<std::uint8_t>(cursor.number(1));
  const std::uint64_t dimensions = cursor.number(1);
  const std::uint64_t width = cursor.number(1);
  if (dimensions < 2 || dimensions > kMaxStoredRank + 1)
    throw Error(ErrorCode::corrupt_data, fmt::format("chunks of {} dimensions", dimensions));
  layout.chunk_shape = read_lengths(cursor, dimensions, width);
  if (std::find(layout.chunk_shape.begin(), layout.chunk_shape.end(), 0U) !=
      layout.chunk_shape.end())
    throw Error(ErrorCode::corrupt_data, "chunks without elements");
  layout.element_size = layout.chunk_shape.back();
  layout.chunk_shape.pop_back();
  layout.index = static_cast<std::uint8_t>(cursor.number(1));
  switch (layout.index) {
    case ChunkLayout::single:
      if (layout.is_single_filtered()) {
        layout.single_size = cursor.number(file.length_size());
        layout.single_mask = static_cast<std::uint32_t>(cursor.number(4));
      }
      break;
    case ChunkLayout::implicit:
      break;
    case ChunkLayout::fixed_array:
      cursor.skip(1);
      break;
    case ChunkLayout::extensible_array:
      cursor.skip(5);
      break;
    case ChunkLayout::version2_btree:
      cursor.skip(6);
      break;
    default:
      return std::nullopt;
  }
  layout.address = cursor.number(file.offset_size());
  return layout;
}

}  // namespace engram::hdf5_format
