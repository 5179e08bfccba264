#include "codec/shuffle.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "codec/codecs.hpp"
#include "codec/configuration.hpp"
#include "codec/transpose.hpp"
#include "engram/base/error.hpp"

namespace engram::codec {
namespace {

// With the size as a constant the compiler makes interleaving vector loads and stores of this.
template <std::size_t kSize>
void shuffle_fixed(const std::byte* __restrict in, std::byte* __restrict out, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < kSize; ++j) out[j * n + i] = in[i * kSize + j];
}

template <std::size_t kSize>
void unshuffle_fixed(const std::byte* __restrict in, std::byte* __restrict out, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < kSize; ++j) out[i * kSize + j] = in[j * n + i];
}

// Moves the square of 8 rows of 8 bytes at `in` to `out`, mirrored. Strides are from row to row.
void transpose(const std::byte* in, std::size_t in_stride, std::byte* out, std::size_t out_stride) {
  std::uint64_t rows[8];
  for (std::size_t i = 0; i < 8; ++i) std::memcpy(&rows[i], in + i * in_stride, 8);
  transpose_bytes(rows);
  for (std::size_t i = 0; i < 8; ++i) std::memcpy(out + i * out_stride, &rows[i], 8);
}

// Elements whose bytes stay in the nearest cache while each of their bytes is visited in turn; a
// multiple of 8.
std::size_t elements_at_once(std::size_t element_size) {
  return std::max<std::size_t>(16384 / element_size / 8 * 8, 16);
}

// Mirrors the matrix of `height` rows of `width` bytes at `in` to `out`.
void transpose_any(const std::byte* in, std::byte* out, std::size_t height, std::size_t width) {
  const std::size_t step = elements_at_once(std::min(height, width));
  const std::size_t tile_height = height <= width ? height : step;
  const std::size_t tile_width = height <= width ? step : width;
  for (std::size_t top = 0; top < height; top += tile_height) {
    const std::size_t bottom = std::min(height, top + tile_height);
    for (std::size_t left = 0; left < width; left += tile_width) {
      const std::size_t right = std::min(width, left + tile_width);
      const std::size_t whole_bottom = top + (bottom - top) / 8 * 8;
      const std::size_t whole_right = left + (right - left) / 8 * 8;
      for (std::size_t i = top; i < whole_bottom; i += 8)
        for (std::size_t j = left; j < whole_right; j += 8)
          transpose(in + i * width + j, width, out + j * height + i, height);
      for (std::size_t i = whole_bottom; i < bottom; ++i)
        for (std::size_t j = left; j < whole_right; ++j) out[j * height + i] = in[i * width + j];
      for (std::size_t j = whole_right; j < right; ++j)
        for (std::size_t i = top; i < bottom; ++i) out[j * height + i] = in[i * width + j];
    }
  }
}

void copy(BytesView in, std::byte* out) {
  if (!in.empty()) std::memcpy(out, in.data(), in.size());
}

class ShuffleCodec final : public ConfiguredCodec {
 public:
  explicit ShuffleCodec(std::int64_t element_size)
      : ConfiguredCodec({"shuffle", {{"elementsize", element_size}}}),
        element_size_(static_cast<std::size_t>(element_size)) {}

  std::uint64_t max_encoded_size(std::uint64_t decoded_size) const override { return decoded_size; }

  std::uint64_t encode(BytesView in, std::span<std::byte> out, std::uint64_t) const override {
    shuffle_bytes(in, out, element_size_);
    return in.size();
  }

  std::uint64_t decode(BytesView in, std::span<std::byte> out) const override {
    if (in.size() > out.size())
      throw Error(
          ErrorCode::corrupt_data,
          fmt::format("shuffled chunk has {} bytes, expected at most {}", in.size(), out.size()));
    unshuffle_bytes(in, out, element_size_);
    return in.size();
  }

 private:
  std::size_t element_size_;
};

}  // namespace

void shuffle_bytes(BytesView in, std::span<std::byte> out, std::size_t element_size) {
  if (element_size <= 1 || in.size() < element_size) return copy(in, out.data());
  const std::size_t n = in.size() / element_size;
  switch (element_size) {
    case 2:
      shuffle_fixed<2>(in.data(), out.data(), n);
      break;
    case 4:
      shuffle_fixed<4>(in.data(), out.data(), n);
      break;
    default:
      transpose_any(in.data(), out.data(), n, element_size);
  }
  copy(in.subspan(n * element_size), out.data() + n * element_size);
}

void unshuffle_bytes(BytesView in, std::span<std::byte> out, std::size_t element_size) {
  if (element_size <= 1 || in.size() < element_size) return copy(in, out.data());
  const std::size_t n = in.size() / element_size;
  switch (element_size) {
    case 2:
      unshuffle_fixed<2>(in.data(), out.data(), n);
      break;
    case 4:
      unshuffle_fixed<4>(in.data(), out.data(), n);
      break;
    case 8:
      unshuffle_fixed<8>(in.data(), out.data(), n);
      break;
    default:
      transpose_any(in.data(), out.data(), element_size, n);
  }
  copy(in.subspan(n * element_size), out.data() + n * element_size);
}

BytesCodecPtr make_shuffle(const CodecConfig& config, const ChunkElements&) {
  // numcodecs takes any integer; what is not above 1 changes nothing there.
  return std::make_shared<ShuffleCodec>(
      integer_member(config, "elementsize", 4, 0, std::int64_t{1} << 31U));
}

}  // namespace engram::codec
