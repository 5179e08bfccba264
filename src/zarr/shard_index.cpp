#include "zarr/shard_index.hpp"

#include <fmt/format.h>

#include <limits>

#include "array/number.hpp"
#include "codec/crc32c.hpp"
#include "engram/array/region.hpp"
#include "engram/base/error.hpp"

namespace engram::zarr {
namespace {

constexpr std::uint64_t kEntrySize = 16, kChecksumSize = 4;
constexpr std::uint64_t kMissing = std::numeric_limits<std::uint64_t>::max();

std::uint64_t number_at(BytesView bytes, std::uint64_t at, ByteOrder order) {
  std::uint64_t value = 0;
  for (std::uint64_t i = 0; i < 8; ++i) {
    const auto byte = std::to_integer<std::uint64_t>(bytes[at + i]);
    value |= byte << (8 * (order == ByteOrder::little ? i : 7 - i));
  }
  return value;
}

void put_number(std::uint64_t value, ByteOrder order, Bytes& out) {
  for (std::uint64_t i = 0; i < 8; ++i)
    out.push_back(
        static_cast<std::byte>(value >> (8 * (order == ByteOrder::little ? i : 7 - i)) & 0xffU));
}

}  // namespace

std::uint64_t ShardIndex::encoded_size(const ShardLevel& level, std::uint64_t chunk_count) {
  const std::uint64_t entries = checked_multiply(chunk_count, kEntrySize, "the index of a shard");
  return checked_add(entries, level.index_has_checksum ? kChecksumSize : 0, "the index of a shard");
}

ShardIndex ShardIndex::decode(const ShardLevel& level, BytesView bytes, std::uint64_t chunk_count,
                              std::uint64_t shard_size) {
  const std::uint64_t size = encoded_size(level, chunk_count);
  if (bytes.size() != size || shard_size < size)
    throw Error(ErrorCode::corrupt_data,
                fmt::format("a shard of {} bytes has no room for the index of its {} chunks",
                            shard_size, chunk_count));
  if (level.index_has_checksum) {
    const std::uint32_t found = codec::crc32c(bytes.first(bytes.size() - kChecksumSize));
    const auto stored = static_cast<std::uint32_t>(get_unsigned(bytes.last(kChecksumSize)));
    if (found != stored)
      throw Error(
          ErrorCode::corrupt_data,
          fmt::format("the index of a shard has the CRC-32C {:08x}, not {:08x}", found, stored));
  }
  const std::uint64_t begin = level.index_at_start ? size : 0;
  const std::uint64_t end = level.index_at_start ? shard_size : shard_size - size;
  ShardIndex index(chunk_count);
  for (std::uint64_t i = 0; i < chunk_count; ++i) {
    const Entry entry{number_at(bytes, kEntrySize * i, level.index_order),
                      number_at(bytes, kEntrySize * i + 8, level.index_order)};
    if (entry.offset == kMissing && entry.size == kMissing) continue;
    if (entry.offset < begin || entry.offset > end || entry.size > end - entry.offset)
      throw Error(
          ErrorCode::corrupt_data,
          fmt::format("the index of a shard has chunk {} at {} with {} bytes; chunks lie from "
                      "{} to {}",
                      i, entry.offset, entry.size, begin, end));
    index[i] = entry;
  }
  return index;
}

Bytes ShardIndex::encode(const ShardLevel& level) const {
  Bytes bytes;
  bytes.reserve(static_cast<std::size_t>(encoded_size(level, chunk_count())));
  for (const auto& entry : entries_) {
    put_number(entry ? entry->offset : kMissing, level.index_order, bytes);
    put_number(entry ? entry->size : kMissing, level.index_order, bytes);
  }
  if (level.index_has_checksum) {
    const std::uint32_t checksum = codec::crc32c(bytes);
    for (unsigned i = 0; i < kChecksumSize; ++i)
      bytes.push_back(static_cast<std::byte>(checksum >> (8 * i) & 0xffU));
  }
  return bytes;
}

}  // namespace engram::zarr
