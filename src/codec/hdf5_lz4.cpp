// LZ4 as HDF5's filter 32004 frames it, all integers big-endian:
//
//   u64 decoded size | u32 size of a block | blocks, each u32 size and its bytes
//
// The last block may be shorter. A block whose size is its decoded one is stored.
#include <fmt/format.h>
#include <lz4.h>

#include <algorithm>
#include <climits>
#include <cstring>

#include "codec/big_endian.hpp"
#include "codec/hdf5_decoders.hpp"

namespace engram::codec {
namespace {

constexpr std::size_t kLz4Head = 12;
constexpr std::size_t kLz4BlockHead = 4;

class Hdf5Lz4 final : public Hdf5Decoder {
 public:
  explicit Hdf5Lz4(const CodecConfig& config) : Hdf5Decoder(config) {}

  std::uint64_t decode(BytesView in, std::span<std::byte> out) const override {
    if (in.size() < kLz4Head) damaged(in, "it is too short for its head of 12 bytes");
    const std::uint64_t size = load_big_endian<8>(in.data());
    const std::uint64_t block_size = load_big_endian<4>(in.data() + 8);
    if (size > out.size())
      damaged(in, fmt::format("it says that it decodes to {} bytes, expected at most {}", size,
                              out.size()));
    if (block_size == 0 && size > 0) damaged(in, "its blocks have no bytes");
    std::size_t read = kLz4Head;
    for (std::uint64_t written = 0; written < size;) {
      const auto block = out.subspan(written, std::min(block_size, size - written));
      if (in.size() - read < kLz4BlockHead) damaged(in, "it is cut short");
      const std::uint64_t stored = load_big_endian<4>(in.data() + read);
      read += kLz4BlockHead;
      if (stored > in.size() - read)
        damaged(in, fmt::format("a block says that it has {} bytes, and {} are left", stored,
                                in.size() - read));
      decode_block(in, in.subspan(read, stored), block);
      read += stored;
      written += block.size();
    }
    return size;
  }

 private:
  void decode_block(BytesView chunk, BytesView stored, std::span<std::byte> out) const {
    if (stored.size() == out.size()) {
      std::memcpy(out.data(), stored.data(), out.size());
      return;
    }
    if (stored.size() > INT_MAX || out.size() > INT_MAX)
      damaged(chunk, "a block is longer than LZ4 makes them");
    const int written = LZ4_decompress_safe(
        reinterpret_cast<const char*>(stored.data()), reinterpret_cast<char*>(out.data()),
        static_cast<int>(stored.size()), static_cast<int>(out.size()));
    if (written < 0 || static_cast<std::size_t>(written) != out.size())
      damaged(chunk,
              fmt::format("a block of {} bytes does not decode to {}", stored.size(), out.size()));
  }
};

}  // namespace

BytesCodecPtr make_hdf5_lz4(const CodecConfig& config) { return std::make_shared<Hdf5Lz4>(config); }

}  // namespace engram::codec
