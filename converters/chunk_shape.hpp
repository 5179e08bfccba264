#pragma once

#include <cstdint>
#include <string_view>

#include "engram/array/region.hpp"

namespace engram::converter {

/// The bytes of a chunk that engram chooses itself, at most: large enough that a file system and a
/// network deal well with it, small enough to be held by each thread.
inline constexpr std::uint64_t kChunkBytes = 10'000'000;

/// Channels of one chunk of a two-dimensional array (time, channel), at most: a reader of a few
/// channels then fetches little that it does not want.
inline constexpr std::uint64_t kChunkChannels = 64;

/// What Blosc compresses in one piece, at most.
inline constexpr std::uint64_t kMaxBloscBytes = (1ULL << 31) - 17;

/// What `--chunks` asks for.
struct ChunkRule {
  enum class Kind {
    keep,       ///< The source's chunks, and our choice where it has none.
    automatic,  ///< Our choice everywhere.
    lengths,    ///< `lengths` for arrays of that rank; the others as with keep.
  };
  Kind kind = Kind::keep;
  Shape lengths;
};

/// The rule that "keep", "auto" or "30000,64" names. Throws Error(invalid_argument) for others.
ChunkRule parse_chunk_rule(std::string_view text);

/// Our choice: about kChunkBytes and never more, unless one element is larger. One chunk for a
/// small array; whole frames of images; at most kChunkChannels channels and long in time for two
/// dimensions; 1 in place of a length of 0. Chunks along one dimension are equally long, as far as
/// whole numbers allow, because an edge chunk takes the room of a full one when it is encoded.
Shape automatic_chunk_shape(const Shape& shape, std::uint64_t element_size);

}  // namespace engram::converter
