#pragma once

#include <cstdint>
#include <string_view>

#include "engram/array/region.hpp"

namespace engram::converter {

/// What a shard of automatic_shard_shape() holds at most, before compression. As a rule that is 100
/// to 500 MB of a file: enough that an object store is not asked for each chunk, and little enough
/// that one is written in seconds.
inline constexpr std::uint64_t kShardBytes = 512ULL << 20;

/// What `--shards` asks for.
struct ShardRule {
  enum class Kind {
    none,       ///< Each chunk is a file.
    automatic,  ///< Our choice.
    lengths,    ///< `lengths` for arrays of that rank; the others have no shards.
  };
  Kind kind = Kind::none;
  Shape lengths;
};

/// The rule that "none", "auto" or "300000,64" names. Throws Error(invalid_argument) for others.
ShardRule parse_shard_rule(std::string_view text);

/// The shape of the shards of an array under `rule`; empty: it has none. Each is a whole number of
/// chunks, which lie in it one after another in the array's order as far as possible, and shards
/// are about equally long. An array of one chunk has none by our choice. Throws
/// Error(invalid_argument) for lengths that are no whole number of chunks.
Shape shard_shape(const ShardRule& rule, const Shape& shape, const Shape& chunk_shape,
                  std::uint64_t chunk_bytes);

}  // namespace engram::converter
