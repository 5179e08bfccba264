#include "codec/blosc_frame.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>

#include "codec/little_endian.hpp"
#include "engram/base/error.hpp"

namespace engram::codec {
namespace {

constexpr unsigned kShuffle = 0x01;
constexpr unsigned kMemcpy = 0x02;
constexpr unsigned kBitshuffle = 0x04;
constexpr unsigned kDontSplit = 0x10;
constexpr unsigned kFormatShift = 5;

constexpr std::uint8_t kVersion = 2;
constexpr std::uint8_t kInnerVersion = 1;

constexpr std::uint32_t kMaxSplits = 16;
constexpr std::uint32_t kMinSplit = 128;

[[noreturn]] void corrupt(const std::string& what) {
  throw Error(ErrorCode::corrupt_data, "blosc frame: " + what);
}

// Frames from before the flag kDontSplit were split by this rule alone, so readers apply both.
bool is_split(const BloscFrame& frame, std::uint32_t size) {
  return frame.split && size == frame.block_size && frame.element_size <= kMaxSplits &&
         size / frame.element_size >= kMinSplit;
}

void put_head(Bytes& stream, std::size_t head_size, unsigned flags, std::uint8_t element_size,
              std::uint32_t decoded_size) {
  std::array<std::byte, kBloscFramedHead> head{};
  const auto stream_size = static_cast<std::uint32_t>(stream.size());
  head[0] = std::byte{kVersion};
  head[1] = std::byte{kInnerVersion};
  head[2] =
      static_cast<std::byte>(flags | static_cast<unsigned>(BloscFormat::zlib) << kFormatShift);
  head[3] = std::byte{element_size};
  store_u32(head.data() + 4, decoded_size);
  store_u32(head.data() + 8, decoded_size);  // One block.
  store_u32(head.data() + 12, static_cast<std::uint32_t>(head_size) + stream_size);
  store_u32(head.data() + 16, kBloscHead + 4);
  store_u32(head.data() + 20, stream_size);
  stream.insert(stream.begin(), head.begin(),
                head.begin() + static_cast<std::ptrdiff_t>(head_size));
}

}  // namespace

BloscFrame parse_blosc_head(BytesView bytes, Snappy snappy) {
  if (bytes.size() < kBloscHead)
    corrupt(fmt::format("has {} bytes, expected a head of {}", bytes.size(), kBloscHead));
  const auto version = std::to_integer<unsigned>(bytes[0]);
  if (version != kVersion)
    throw Error(
        ErrorCode::unsupported,
        fmt::format("blosc frame has format version {}, only {} is known", version, kVersion));
  const auto flags = std::to_integer<unsigned>(bytes[2]);
  BloscFrame frame;
  frame.memcpyed = (flags & kMemcpy) != 0;
  frame.shuffled = (flags & kShuffle) != 0;
  frame.bitshuffled = (flags & kBitshuffle) != 0;
  frame.split = (flags & kDontSplit) == 0;
  frame.element_size = std::to_integer<std::uint32_t>(bytes[3]);
  frame.decoded_size = load_u32(bytes.data() + 4);
  frame.block_size = load_u32(bytes.data() + 8);
  const std::uint32_t size = load_u32(bytes.data() + 12);
  if (size != bytes.size())
    corrupt(fmt::format("has {} bytes, its head says {}", bytes.size(), size));
  if (frame.decoded_size > kBloscMaxDecoded)
    corrupt(fmt::format("says that it decodes to {} bytes, above blosc's limit of {}",
                        frame.decoded_size, kBloscMaxDecoded));
  if (frame.element_size == 0) corrupt("has elements of 0 bytes");
  if (frame.memcpyed) {
    if (bytes.size() - kBloscHead != frame.decoded_size)
      corrupt(fmt::format("stores {} bytes, its head says {}", bytes.size() - kBloscHead,
                          frame.decoded_size));
    return frame;
  }
  const unsigned format = flags >> kFormatShift;
  if (format > static_cast<unsigned>(BloscFormat::zstd))
    corrupt(fmt::format("names the inner format {}, known are 0 to 4", format));
  frame.format = static_cast<BloscFormat>(format);
  if (frame.format == BloscFormat::snappy && snappy == Snappy::refused)
    throw Error(ErrorCode::unsupported,
                "blosc frame has the inner format snappy, which can't be decoded here: "
                "write the data again with another one");
  if (frame.decoded_size > 0 && (frame.block_size == 0 || frame.block_size > kBloscMaxBlock))
    corrupt(
        fmt::format("has blocks of {} bytes, expected 1 to {}", frame.block_size, kBloscMaxBlock));
  return frame;
}

std::vector<BloscBlock> parse_blosc_blocks(const BloscFrame& frame, BytesView bytes) {
  if (frame.decoded_size == 0) return {};
  const std::uint64_t count =
      (std::uint64_t{frame.decoded_size} + frame.block_size - 1) / frame.block_size;
  const std::uint64_t first = kBloscHead + 4 * count;
  if (first > bytes.size())
    corrupt(fmt::format("has {} bytes, too few for its {} blocks", bytes.size(), count));
  std::vector<BloscBlock> blocks(count);
  for (std::size_t i = 0; i < count; ++i) {
    BloscBlock& block = blocks[i];
    block.offset = static_cast<std::uint32_t>(i * frame.block_size);
    block.size = std::min(frame.block_size, frame.decoded_size - block.offset);
    const std::uint32_t splits = is_split(frame, block.size) ? frame.element_size : 1;
    block.splits.reserve(splits);
    std::uint64_t at = load_u32(bytes.data() + kBloscHead + 4 * i);
    for (std::uint32_t j = 0; j < splits; ++j) {
      if (at < first || at + 4 > bytes.size())
        corrupt(fmt::format("block {} lies at {}, outside of its {} bytes", i, at, bytes.size()));
      const std::uint32_t size = load_u32(bytes.data() + at);
      at += 4;
      if (size == 0 || size > bytes.size() - at)
        corrupt(fmt::format("block {} has a stream of {} bytes, {} are left", i, size,
                            bytes.size() - at));
      block.splits.push_back(bytes.subspan(at, size));
      at += size;
    }
  }
  return blocks;
}

void frame_as_blosc(Bytes& stream, std::uint32_t decoded_size, std::uint8_t element_size,
                    bool shuffled) {
  put_head(stream, kBloscFramedHead, kDontSplit | (shuffled ? kShuffle : 0), element_size,
           decoded_size);
}

void frame_as_blosc_memcpy(Bytes& raw, std::uint8_t element_size) {
  put_head(raw, kBloscHead, kDontSplit | kMemcpy, element_size,
           static_cast<std::uint32_t>(raw.size()));
}

}  // namespace engram::codec
