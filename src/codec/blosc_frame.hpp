#pragma once

#include <cstdint>
#include <vector>

#include "engram/base/bytes.hpp"

namespace engram::codec {

// A Blosc-1 frame, all integers little-endian:
//
//   u8 2 | u8 inner format's version | u8 flags | u8 typesize | u32 nbytes | u32 blocksize |
//   u32 size of the frame | u32 offset of each block | blocks
//
// A block is one split, or one for each byte of an element: u32 size, then the split's stream; a
// size equal to the decoded one means stored bytes. With the flag `memcpy` all that follows the 16
// bytes of the head are the decoded bytes.

inline constexpr std::size_t kBloscHead = 16;
inline constexpr std::size_t kBloscFramedHead = 24;  ///< Head, one offset, one split's size.
inline constexpr std::uint64_t kBloscMaxFrame = 0x7fffffff;
inline constexpr std::uint64_t kBloscMaxDecoded = kBloscMaxFrame - kBloscHead;
/// The longest block, which is what a frame of ours is made of (BLOSC_MAX_BLOCKSIZE).
inline constexpr std::uint64_t kBloscMaxBlock = (kBloscMaxFrame - std::uint64_t{255} * 4) / 3;

/// The compressor of the splits, as the flags name it.
enum class BloscFormat : std::uint8_t { blosclz = 0, lz4 = 1, snappy = 2, zlib = 3, zstd = 4 };

struct BloscFrame {
  BloscFormat format = BloscFormat::blosclz;
  bool memcpyed = false, shuffled = false, bitshuffled = false, split = false;
  std::uint32_t element_size = 1;
  std::uint32_t decoded_size = 0;
  std::uint32_t block_size = 0;
};

/// A block's splits, each with the size that it decodes to.
struct BloscBlock {
  std::uint32_t offset = 0;  ///< In the decoded bytes.
  std::uint32_t size = 0;    ///< Decoded.
  std::vector<BytesView> splits;
};

/// Whether the inner format snappy may be met, which numcodecs does not have.
enum class Snappy { refused, taken };

/// Reads and checks the head of the frame that `bytes` are, whole. Throws Error(corrupt_data), or
/// Error(unsupported) for another version of the format or where snappy is refused.
BloscFrame parse_blosc_head(BytesView bytes, Snappy snappy = Snappy::refused);

/// All blocks of a frame that is not memcpyed; each split lies within `bytes`. Throws
/// Error(corrupt_data).
std::vector<BloscBlock> parse_blosc_blocks(const BloscFrame& frame, BytesView bytes);

/// Puts the head before `stream` that makes both a frame of one block and one split with the inner
/// format zlib. `stream` is a zlib stream whose size is not `decoded_size`, or the decoded bytes
/// (still shuffled, when `shuffled`).
void frame_as_blosc(Bytes& stream, std::uint32_t decoded_size, std::uint8_t element_size,
                    bool shuffled);

/// The same for bytes that are neither shuffled nor compressed.
void frame_as_blosc_memcpy(Bytes& raw, std::uint8_t element_size);

}  // namespace engram::codec
