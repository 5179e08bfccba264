#include "converters/shard_shape.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "converters/chunk_shape.hpp"
#include "engram/array/chunk_grid.hpp"
#include "engram/base/error.hpp"

namespace engram::converter {
namespace {

// Chunks that an index may tell of; more would not be read (see zarr::ArrayMetadata).
constexpr std::uint64_t kMostChunks = 1U << 20U;

Shape automatic(const ChunkGrid& grid, std::uint64_t chunk_bytes) {
  if (grid.chunk_count() <= 1) return {};
  Shape shape = grid.chunk_shape();
  std::uint64_t left = std::clamp<std::uint64_t>(
      kShardBytes / std::max<std::uint64_t>(chunk_bytes, 1), 1, kMostChunks);
  for (std::size_t d = shape.size(); d-- > 0;) {
    const std::uint64_t all = grid.grid_shape()[d];
    const std::uint64_t count = all <= left ? all : divide_up(all, divide_up(all, left));
    shape[d] *= count;
    // A row that is cut leaves nothing for the dimensions above it.
    left = count < all ? 1 : left / count;
  }
  return shape;
}

}  // namespace

ShardRule parse_shard_rule(std::string_view text) {
  if (text == "none") return {};
  if (text == "auto") return {ShardRule::Kind::automatic, {}};
  try {
    const ChunkRule chunks = parse_chunk_rule(text);
    if (chunks.kind == ChunkRule::Kind::lengths) return {ShardRule::Kind::lengths, chunks.lengths};
  } catch (const Error&) {
    // Told below, of shards.
  }
  throw Error(
      ErrorCode::invalid_argument,
      fmt::format("shards are \"none\", \"auto\" or lengths above 0 with commas between them "
                  "such as \"300000,64\", not \"{}\"",
                  text));
}

Shape shard_shape(const ShardRule& rule, const Shape& shape, const Shape& chunk_shape,
                  std::uint64_t chunk_bytes) {
  if (shape.empty() || rule.kind == ShardRule::Kind::none) return {};
  if (rule.kind == ShardRule::Kind::automatic)
    return automatic(ChunkGrid(shape, chunk_shape), chunk_bytes);
  if (rule.lengths.size() != shape.size()) return {};
  std::uint64_t count = 1;
  for (std::size_t d = 0; d < shape.size(); ++d) {
    if (rule.lengths[d] % chunk_shape[d] != 0)
      throw Error(ErrorCode::invalid_argument,
                  fmt::format("shards of {} elements are no whole number of its chunks of {}: ask "
                              "for other shards, or for other chunks with --chunks",
                              to_string(rule.lengths), to_string(chunk_shape)));
    count = checked_multiply(count, rule.lengths[d] / chunk_shape[d], "the chunks of a shard");
  }
  if (count > kMostChunks)
    throw Error(ErrorCode::invalid_argument,
                fmt::format("shards of {} elements have {} chunks of {} each, above {}",
                            to_string(rule.lengths), count, to_string(chunk_shape), kMostChunks));
  return rule.lengths;
}

}  // namespace engram::converter
