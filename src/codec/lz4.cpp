// LZ4 as numcodecs frames it: the decoded size (u32, little-endian), then one LZ4 block. HDF5's
// filter 32004 has another frame (big-endian, several blocks) and is not this codec.
#include <fmt/format.h>
#include <lz4.h>

#include <algorithm>
#include <climits>
#include <utility>

#include "codec/codecs.hpp"
#include "codec/configuration.hpp"
#include "codec/little_endian.hpp"
#include "engram/base/error.hpp"

namespace engram::codec {
namespace {

constexpr std::size_t kHead = 4;

const char* chars(const std::byte* bytes) { return reinterpret_cast<const char*>(bytes); }
char* chars(std::byte* bytes) { return reinterpret_cast<char*>(bytes); }

class Lz4Codec final : public ConfiguredCodec {
 public:
  explicit Lz4Codec(std::int64_t acceleration)
      : ConfiguredCodec({"lz4", {{"acceleration", acceleration}}}),
        acceleration_(static_cast<int>(acceleration)) {}

  std::uint64_t max_encoded_size(std::uint64_t decoded_size) const override {
    return kHead + decoded_size + decoded_size / 255 + 16;
  }

  std::uint64_t encode(BytesView in, std::span<std::byte> out, std::uint64_t) const override {
    if (in.size() > LZ4_MAX_INPUT_SIZE)
      throw Error(ErrorCode::limit_exceeded,
                  fmt::format("a chunk has {} bytes, lz4 takes at most {}: choose smaller chunks",
                              in.size(), LZ4_MAX_INPUT_SIZE));
    store_u32(out.data(), static_cast<std::uint32_t>(in.size()));
    const int room = static_cast<int>(std::min<std::size_t>(out.size() - kHead, INT_MAX));
    const int written = LZ4_compress_fast(chars(in.data()), chars(out.data() + kHead),
                                          static_cast<int>(in.size()), room, acceleration_);
    return kHead + static_cast<std::uint64_t>(written);
  }

  std::uint64_t decode(BytesView in, std::span<std::byte> out) const override {
    if (in.size() < kHead || in.size() - kHead > INT_MAX)
      throw Error(
          ErrorCode::corrupt_data,
          fmt::format("lz4 chunk has {} bytes, expected 4 for its size and one block", in.size()));
    const std::uint32_t size = load_u32(in.data());
    if (size > out.size() || size > LZ4_MAX_INPUT_SIZE)
      throw Error(ErrorCode::corrupt_data,
                  fmt::format("lz4 chunk says that it decodes to {} bytes, expected at most {}",
                              size, out.size()));
    const int written =
        LZ4_decompress_safe(chars(in.data() + kHead), chars(out.data()),
                            static_cast<int>(in.size() - kHead), static_cast<int>(size));
    if (written < 0 || static_cast<std::uint32_t>(written) != size)
      throw Error(ErrorCode::corrupt_data,
                  fmt::format("lz4 chunk of {} bytes is damaged: it does not decode to {} bytes",
                              in.size(), size));
    return size;
  }

 private:
  int acceleration_;
};

}  // namespace

BytesCodecPtr make_lz4(const CodecConfig& config, const ChunkElements&) {
  return std::make_shared<Lz4Codec>(integer_member(config, "acceleration", 1, INT_MIN, INT_MAX));
}

}  // namespace engram::codec
