// HDF5's filter 32008. Elements go through in blocks: their bits are shuffled, and each block may
// be compressed then. A last, shorter block has a multiple of 8 elements; up to 7 more are stored
// as they are. Client data: two versions, the size of an element, elements of a block (0: a rule),
// compressor. With a compressor there is a head, all integers big-endian:
//
//   u64 decoded size | u32 bytes of a decoded block | blocks, each u32 size and its bytes | the
//   rest
#include <fmt/format.h>
#include <lz4.h>

#include <algorithm>
#include <climits>
#include <cstring>

#include "codec/big_endian.hpp"
#include "codec/bit_shuffle.hpp"
#include "codec/hdf5_decoders.hpp"
#include "engram/base/buffer.hpp"
#include "engram/base/error.hpp"

namespace engram::codec {
namespace {

constexpr std::size_t kBitshuffleHead = 12;
constexpr std::size_t kBitshuffleBlockHead = 4;
constexpr std::uint64_t kMultiple = 8;  ///< Of elements: so many fill a byte with each bit.

enum class Inner : std::uint32_t { none = 0, lz4 = 2, zstd = 3 };

// Elements of a block where neither the client data nor a head say so: 8 KiB, but not too few.
std::uint64_t usual_block(std::uint64_t element_size) {
  constexpr std::uint64_t kBlockBytes = 8192, kLeast = 128;
  return std::max(kBlockBytes / element_size / kMultiple * kMultiple, kLeast);
}

class Hdf5Bitshuffle final : public Hdf5Decoder {
 public:
  Hdf5Bitshuffle(const CodecConfig& config, std::uint64_t element_size, std::uint64_t block,
                 Inner inner)
      : Hdf5Decoder(config),
        element_size_(element_size),
        block_(block),
        inner_(inner),
        zstd_(make_zstd({"zstd", Json::object()}, {})) {}

  std::uint64_t decode(BytesView in, std::span<std::byte> out) const override {
    std::uint64_t size = in.size(), block = block_, read = 0;
    if (inner_ != Inner::none) {
      if (in.size() < kBitshuffleHead) damaged(in, "it is too short for its head of 12 bytes");
      size = load_big_endian<8>(in.data());
      block = load_big_endian<4>(in.data() + 8) / element_size_;
      read = kBitshuffleHead;
    }
    if (block == 0) block = usual_block(element_size_);
    if (size > out.size())
      damaged(in, fmt::format("it decodes to {} bytes, expected at most {}", size, out.size()));
    if (size % element_size_ != 0)
      damaged(in, fmt::format("it decodes to {} bytes, which are no elements of {}", size,
                              element_size_));
    if (block % kMultiple != 0)
      damaged(in, fmt::format("its blocks have {} elements, which is no multiple of 8", block));
    decode_blocks(in, read, block * element_size_, out.first(size));
    return size;
  }

 private:
  void decode_blocks(BytesView in, std::uint64_t read, std::uint64_t block_bytes,
                     std::span<std::byte> out) const {
    const std::uint64_t multiple = kMultiple * element_size_;
    const std::uint64_t whole = out.size() / multiple * multiple;
    const std::uint64_t longest = std::min(block_bytes, whole);
    Buffer planes(longest), bits(inner_ == Inner::none ? 0 : longest);
    for (std::uint64_t written = 0; written < whole;) {
      const auto to = out.subspan(written, std::min(block_bytes, whole - written));
      BytesView shuffled = in.subspan(read);
      if (inner_ == Inner::none) {
        shuffled = shuffled.first(to.size());
        read += to.size();
      } else {
        const auto decoded = bits.bytes().first(to.size());
        read += decompress(in, shuffled, decoded);
        shuffled = decoded;
      }
      unshuffle_bits(shuffled, planes.bytes(), to, element_size_);
      written += to.size();
    }
    const auto rest = out.subspan(whole);
    if (in.size() - read < rest.size()) damaged(in, "it is cut short");
    if (!rest.empty()) std::memcpy(out.data() + whole, in.data() + read, rest.size());
  }

  // Returns the bytes of `in`, the rest of `chunk`, that the block took.
  std::uint64_t decompress(BytesView chunk, BytesView in, std::span<std::byte> out) const {
    if (in.size() < kBitshuffleBlockHead) damaged(chunk, "it is cut short");
    const std::uint64_t size = load_big_endian<4>(in.data());
    in = in.subspan(kBitshuffleBlockHead);
    if (size > in.size())
      damaged(chunk,
              fmt::format("a block says that it has {} bytes, and {} are left", size, in.size()));
    in = in.first(size);
    if (inner_ == Inner::lz4)
      decompress_lz4(chunk, in, out);
    else
      decompress_zstd(chunk, in, out);
    return kBitshuffleBlockHead + size;
  }

  void decompress_lz4(BytesView chunk, BytesView in, std::span<std::byte> out) const {
    if (in.size() > INT_MAX || out.size() > INT_MAX)
      damaged(chunk, "a block is longer than LZ4 makes them");
    const int written = LZ4_decompress_safe(
        reinterpret_cast<const char*>(in.data()), reinterpret_cast<char*>(out.data()),
        static_cast<int>(in.size()), static_cast<int>(out.size()));
    if (written < 0 || static_cast<std::size_t>(written) != out.size())
      damaged(chunk, fmt::format("a block of {} bytes does not decode to {} by LZ4", in.size(),
                                 out.size()));
  }

  void decompress_zstd(BytesView chunk, BytesView in, std::span<std::byte> out) const {
    std::uint64_t written = 0;
    try {
      written = zstd_->decode(in, out);
    } catch (const Error& error) {
      damaged(chunk, error.what());
    }
    if (written != out.size())
      damaged(chunk, fmt::format("a block of {} bytes decodes to {} by Zstandard, expected {}",
                                 in.size(), written, out.size()));
  }

  std::uint64_t element_size_, block_;
  Inner inner_;
  BytesCodecPtr zstd_;
};

}  // namespace

BytesCodecPtr make_hdf5_bitshuffle(const CodecConfig& config) {
  const std::vector<std::uint32_t> values = hdf5_values(config, 3);
  const std::uint32_t element_size = values[2];
  if (element_size == 0)
    throw Error(ErrorCode::corrupt_data,
                hdf5_filter_text(config) + " says that elements have no bytes");
  const std::uint32_t block = values.size() > 3 ? values[3] : 0;
  const std::uint32_t inner = values.size() > 4 ? values[4] : 0;
  if (inner == 0 || inner == static_cast<std::uint32_t>(Inner::lz4) ||
      inner == static_cast<std::uint32_t>(Inner::zstd))
    return std::make_shared<Hdf5Bitshuffle>(config, element_size, block, Inner{inner});
  throw Error(ErrorCode::unsupported,
              fmt::format("{} names the compressor {}, known are 0 (none), 2 (LZ4) and 3 "
                          "(Zstandard): re-save the file with one of them",
                          hdf5_filter_text(config), inner));
}

}  // namespace engram::codec
