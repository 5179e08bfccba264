#pragma once

#include <cstdint>

namespace engram {

/// How much an input may ask for before it is refused with Error(limit_exceeded). Each member is
/// checked before memory is taken or work is begun for what it limits.
struct Limits {
  std::uint64_t max_json_bytes =
      64ULL << 20;  ///< Size of one metadata document (.zmetadata: 16 times that).
  std::uint32_t max_json_depth = 64;           ///< Nesting of one metadata document.
  std::uint64_t max_json_values = 4'000'000;   ///< Values in one metadata document.
  std::uint64_t max_json_members = 250'000;    ///< Members of one object in there.
  std::uint32_t max_rank = 32;                 ///< Dimensions of an array.
  std::uint64_t max_chunk_bytes = 2ULL << 30;  ///< Decoded size of one chunk.
  std::uint64_t max_nodes = 10'000'000;        ///< Groups, arrays and links of one file.
  std::uint32_t max_depth = 256;               ///< Nesting of groups.
  std::uint32_t max_link_hops = 64;            ///< Links followed from one name to an object.
  /// Values of a dataset of text, references or what holds them, beyond those that are stored.
  std::uint64_t max_unstored_values = 16'000'000;
  std::uint64_t max_attribute_bytes = 64ULL << 20;  ///< Size of one attribute's value in memory.
};

}  // namespace engram
