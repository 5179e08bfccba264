// Blosc by c-blosc 1.x on the calling thread. A frame is checked in full before c-blosc sees it:
// c-blosc is not told how long its input is, prints to stderr for formats that it was built
// without, and its blosclz decoder writes past its output for one kind of hostile stream.
#include <blosc.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <climits>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

#include "codec/blosc_frame.hpp"
#include "codec/codecs.hpp"
#include "codec/configuration.hpp"
#include "codec/deflate.hpp"
#include "codec/hdf5_decoders.hpp"
#include "codec/shuffle.hpp"
#include "engram/base/buffer.hpp"
#include "engram/base/error.hpp"

namespace engram::codec {
namespace {

static_assert(kBloscMaxBlock == BLOSC_MAX_BLOCKSIZE);
static_assert(kBloscMaxDecoded == BLOSC_MAX_BUFFERSIZE);

constexpr std::array<std::string_view, 5> kCompressors = {"blosclz", "lz4", "lz4hc", "zlib",
                                                          "zstd"};
constexpr std::int64_t kAutoShuffle = -1;

// blosclz adds 255 to a signed 32-bit length for each byte 255 that follows, and after 8,421,505 of
// them the length is negative and passes the check against the end of the output
// (https://github.com/Blosc/c-blosc/issues/405). A length that the longest block has room for takes
// 2.8 million, so no good stream has so many in a row.
constexpr std::size_t kHostileRun = 8'000'000;

bool overflows_blosclz(BytesView stream) {
  std::size_t run = 0;
  if (stream.size() < kHostileRun) return false;
  for (const std::byte byte : stream) {
    run = byte == std::byte{255} ? run + 1 : 0;
    if (run >= kHostileRun) return true;
  }
  return false;
}

// The splits of a block with the inner format zlib.
void inflate_splits(const BloscBlock& block, std::span<std::byte> out) {
  const std::size_t decoded = block.size / block.splits.size();
  for (const BytesView split : block.splits) {
    const std::span<std::byte> to = out.first(decoded);
    if (split.size() == decoded) {
      std::memcpy(to.data(), split.data(), decoded);
    } else if (const std::uint64_t written = inflate_zlib(split, to); written != decoded) {
      throw Error(
          ErrorCode::corrupt_data,
          fmt::format("blosc frame: a stream decodes to {} bytes, expected {}", written, decoded));
    }
    out = out.subspan(decoded);
  }
}

// A part of what a frame decodes to.
struct Part {
  std::uint64_t offset = 0;
  std::span<std::byte> out;

  std::uint64_t end() const noexcept { return offset + out.size(); }
  bool overlaps(const BloscBlock& block) const noexcept {
    return block.offset < end() && offset < std::uint64_t{block.offset} + block.size;
  }
  bool covers(const BloscBlock& block) const noexcept {
    return offset <= block.offset && std::uint64_t{block.offset} + block.size <= end();
  }
};

// Frames with zlib inside are what copied HDF5 chunks become: here without c-blosc, because
// libdeflate takes half the time of the zlib that c-blosc calls.
void decode_zlib_blocks(const BloscFrame& frame, const std::vector<BloscBlock>& blocks,
                        const Part& part) {
  const bool shuffled = frame.shuffled && frame.element_size > 1;
  const std::uint32_t largest = std::min(frame.block_size, frame.decoded_size);
  Buffer planes(shuffled ? largest : 0);
  Buffer cut;
  for (const BloscBlock& block : blocks) {
    if (!part.overlaps(block)) continue;
    const bool is_whole = part.covers(block);
    if (!is_whole && cut.size() == 0) cut = Buffer(largest);
    const std::span<std::byte> to = is_whole
                                        ? part.out.subspan(block.offset - part.offset, block.size)
                                        : cut.bytes().first(block.size);
    if (shuffled) {
      inflate_splits(block, planes.bytes().first(block.size));
      unshuffle_bytes(planes.bytes().first(block.size), to, frame.element_size);
    } else {
      inflate_splits(block, to);
    }
    if (is_whole) continue;
    const std::uint64_t from = std::max<std::uint64_t>(block.offset, part.offset);
    const std::uint64_t end = std::min<std::uint64_t>(block.offset + block.size, part.end());
    std::memcpy(part.out.data() + (from - part.offset), to.data() + (from - block.offset),
                end - from);
  }
}

// Of a frame that was checked. c-blosc counts in elements, which an array's may be or not.
void decode_items(BytesView in, const BloscFrame& frame, const Part& part) {
  const std::uint64_t size = frame.element_size;
  const std::uint64_t first = part.offset / size;
  const std::uint64_t count =
      (std::min<std::uint64_t>(part.end() + size - 1, frame.decoded_size) - first * size) / size;
  Buffer aligned;
  std::byte* to = part.out.data();
  if (first * size != part.offset || count * size != part.out.size()) {
    aligned = Buffer(count * size);
    to = aligned.bytes().data();
  }
  const int written =
      blosc_getitem(in.data(), static_cast<int>(first), static_cast<int>(count), to);
  if (written < 0 || static_cast<std::uint64_t>(written) != count * size)
    throw Error(ErrorCode::corrupt_data,
                fmt::format("blosc frame of {} bytes is damaged: c-blosc returned {}, expected {}",
                            in.size(), written, count * size));
  if (aligned.size() > 0)
    std::memcpy(part.out.data(), to + (part.offset - first * size), part.out.size());
}

// The head of a frame of which at most `size` bytes are expected.
BloscFrame head_within(BytesView in, std::uint64_t size, Snappy snappy) {
  const BloscFrame frame = parse_blosc_head(in, snappy);
  if (frame.decoded_size > size)
    throw Error(ErrorCode::corrupt_data,
                fmt::format("blosc frame says that it decodes to {} bytes, expected at most {}",
                            frame.decoded_size, size));
  // c-blosc takes three blocks' memory before it looks at the data.
  if (!frame.memcpyed && frame.block_size > size)
    throw Error(ErrorCode::corrupt_data,
                fmt::format("blosc frame has blocks of {} bytes, expected at most {}",
                            frame.block_size, size));
  return frame;
}

void check_streams(const BloscFrame& frame, const std::vector<BloscBlock>& blocks) {
  if (frame.format != BloscFormat::blosclz) return;
  for (const BloscBlock& block : blocks)
    if (std::any_of(block.splits.begin(), block.splits.end(), overflows_blosclz))
      throw Error(ErrorCode::corrupt_data, "blosc frame: a blosclz stream has no valid length");
}

std::uint64_t decode_frame(BytesView in, std::span<std::byte> out, Snappy snappy) {
  const BloscFrame frame = head_within(in, out.size(), snappy);
  if (frame.memcpyed) {
    if (frame.decoded_size > 0) std::memcpy(out.data(), in.data() + kBloscHead, frame.decoded_size);
    return frame.decoded_size;
  }
  const std::vector<BloscBlock> blocks = parse_blosc_blocks(frame, in);
  if (frame.format == BloscFormat::zlib && !frame.bitshuffled) {
    decode_zlib_blocks(frame, blocks, {0, out.first(frame.decoded_size)});
    return frame.decoded_size;
  }
  check_streams(frame, blocks);
  const int written =
      blosc_decompress_ctx(in.data(), out.data(), std::min<std::size_t>(out.size(), INT_MAX), 1);
  if (written < 0 || static_cast<std::uint32_t>(written) != frame.decoded_size)
    throw Error(ErrorCode::corrupt_data,
                fmt::format("blosc frame of {} bytes is damaged: c-blosc returned {}, expected {}",
                            in.size(), written, frame.decoded_size));
  return frame.decoded_size;
}

struct Settings {
  std::string compressor;
  int level = 0;
  std::int64_t shuffle = 0;
  std::size_t block_size = 0;
};

class BloscCodec final : public ConfiguredCodec, public PartDecoder {
 public:
  explicit BloscCodec(Settings settings)
      : ConfiguredCodec({"blosc",
                         {{"cname", settings.compressor},
                          {"clevel", settings.level},
                          {"shuffle", settings.shuffle},
                          {"blocksize", settings.block_size}}}),
        settings_(std::move(settings)) {}

  std::uint64_t max_encoded_size(std::uint64_t decoded_size) const override {
    return decoded_size + BLOSC_MAX_OVERHEAD;
  }

  std::uint64_t encode(BytesView in, std::span<std::byte> out,
                       std::uint64_t element_size) const override {
    if (in.size() > BLOSC_MAX_BUFFERSIZE)
      throw Error(ErrorCode::limit_exceeded,
                  fmt::format("a chunk has {} bytes, blosc takes at most {}: choose smaller chunks",
                              in.size(), BLOSC_MAX_BUFFERSIZE));
    const std::size_t type_size =
        element_size >= 1 && element_size <= BLOSC_MAX_TYPESIZE ? element_size : 1;
    const int written =
        blosc_compress_ctx(settings_.level, shuffle_for(element_size), type_size, in.size(),
                           in.data(), out.data(), std::min<std::size_t>(out.size(), INT_MAX),
                           settings_.compressor.c_str(), settings_.block_size, 1);
    if (written <= 0)
      throw Error(ErrorCode::unsupported,
                  fmt::format("c-blosc can't encode {} bytes with {}: it returned {}", in.size(),
                              settings_.compressor, written));
    return static_cast<std::uint64_t>(written);
  }

  const PartDecoder* parts() const noexcept override { return this; }

  std::uint64_t decode(BytesView in, std::span<std::byte> out) const override {
    return decode_frame(in, out, Snappy::refused);
  }

  bool decode_part(BytesView in, std::uint64_t decoded_size, std::uint64_t offset,
                   std::span<std::byte> out) const override {
    const BloscFrame frame = head_within(in, decoded_size, Snappy::refused);
    if (frame.decoded_size != decoded_size)
      throw Error(ErrorCode::corrupt_data, fmt::format("chunk decodes to {} bytes, expected {}",
                                                       frame.decoded_size, decoded_size));
    if (out.empty()) return true;
    if (frame.memcpyed) {
      std::memcpy(out.data(), in.data() + kBloscHead + offset, out.size());
      return true;
    }
    const std::vector<BloscBlock> blocks = parse_blosc_blocks(frame, in);
    if (frame.format == BloscFormat::zlib && !frame.bitshuffled) {
      decode_zlib_blocks(frame, blocks, {offset, out});
      return true;
    }
    check_streams(frame, blocks);
    const std::uint64_t whole_items = decoded_size - decoded_size % frame.element_size;
    if (offset + out.size() > whole_items) return false;  // The frame's end is no element of it.
    decode_items(in, frame, {offset, out});
    return true;
  }

 private:
  // As numcodecs chooses when the metadata say so.
  int shuffle_for(std::uint64_t element_size) const {
    if (settings_.shuffle != kAutoShuffle) return static_cast<int>(settings_.shuffle);
    return element_size == 1 ? BLOSC_BITSHUFFLE : BLOSC_SHUFFLE;
  }

  Settings settings_;
};

// c-blosc may have been built without it, and then says so on stderr.
Snappy snappy_here() {
  const std::string_view compressors = blosc_list_compressors();
  return compressors.find("snappy") == std::string_view::npos ? Snappy::refused : Snappy::taken;
}

class Hdf5Blosc final : public Hdf5Decoder {
 public:
  explicit Hdf5Blosc(const CodecConfig& config) : Hdf5Decoder(config), snappy_(snappy_here()) {}

  std::uint64_t decode(BytesView in, std::span<std::byte> out) const override {
    return decode_frame(in, out, snappy_);
  }

 private:
  Snappy snappy_;
};

}  // namespace

BytesCodecPtr make_hdf5_blosc(const CodecConfig& config) {
  return std::make_shared<Hdf5Blosc>(config);
}

BytesCodecPtr make_blosc(const CodecConfig& config, const ChunkElements&) {
  Settings settings;
  settings.level = static_cast<int>(integer_member(config, "clevel", 5, 0, 9));
  settings.shuffle =
      integer_member(config, "shuffle", BLOSC_SHUFFLE, kAutoShuffle, BLOSC_BITSHUFFLE);
  settings.block_size =
      static_cast<std::size_t>(integer_member(config, "blocksize", 0, 0, BLOSC_MAX_BLOCKSIZE));
  settings.compressor = "lz4";
  if (const auto found = config.configuration.find("cname"); found != config.configuration.end()) {
    if (!found->is_string())
      throw Error(ErrorCode::invalid_argument, "codec blosc: cname is no text");
    settings.compressor = found->get<std::string>();
  }
  if (std::find(kCompressors.begin(), kCompressors.end(), settings.compressor) ==
      kCompressors.end())
    throw Error(ErrorCode::unsupported,
                fmt::format("codec blosc: the compressor {} is not known, there are blosclz, lz4, "
                            "lz4hc, zlib and zstd",
                            excerpt(settings.compressor)));
  return std::make_shared<BloscCodec>(std::move(settings));
}

}  // namespace engram::codec
