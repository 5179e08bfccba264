// numcodecs' packbits: one bit a bool, the first in the highest bit; in front the number of bits
// that fill up the last byte.
#include <fmt/format.h>

#include <algorithm>

#include "codec/codecs.hpp"
#include "engram/base/error.hpp"

namespace engram::codec {
namespace {

class PackBitsCodec final : public ConfiguredCodec {
 public:
  PackBitsCodec() : ConfiguredCodec({"packbits", Json::object()}) {}

  std::uint64_t max_encoded_size(std::uint64_t decoded_size) const override {
    return 1 + decoded_size / 8 + (decoded_size % 8 != 0 ? 1 : 0);
  }

  std::uint64_t encode(BytesView in, std::span<std::byte> out, std::uint64_t) const override {
    const std::uint64_t size = max_encoded_size(in.size());
    out[0] = static_cast<std::byte>((8 - in.size() % 8) % 8);
    for (std::size_t i = 1; i < size; ++i) {
      const BytesView bits =
          in.subspan(8 * (i - 1), std::min<std::size_t>(8, in.size() - 8 * (i - 1)));
      unsigned packed = 0;
      for (std::size_t j = 0; j < bits.size(); ++j)
        packed |= (bits[j] != std::byte{0} ? 0x80U : 0U) >> j;
      out[i] = static_cast<std::byte>(packed);
    }
    return size;
  }

  std::uint64_t decode(BytesView in, std::span<std::byte> out) const override {
    const unsigned padding = in.empty() ? 8U : std::to_integer<unsigned>(in.front());
    if (padding > 7 || (in.size() == 1 && padding != 0))
      throw Error(
          ErrorCode::corrupt_data,
          fmt::format("chunk of packed bits has {} bytes, of which {} bits fill up the last",
                      in.size(), padding));
    const std::uint64_t count = 8 * (in.size() - 1) - padding;
    if (count > out.size())
      throw Error(
          ErrorCode::corrupt_data,
          fmt::format("chunk of packed bits holds {}, expected at most {}", count, out.size()));
    for (std::size_t i = 0; i < count; ++i) out[i] = (in[1 + i / 8] >> (7 - i % 8)) & std::byte{1};
    return count;
  }
};

}  // namespace

BytesCodecPtr make_packbits(const CodecConfig&, const ChunkElements&) {
  return std::make_shared<PackBitsCodec>();
}

}  // namespace engram::codec
