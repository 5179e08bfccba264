#include "codec/fletcher32.hpp"

#include <fmt/format.h>

#include <cstring>

#include "codec/codecs.hpp"
#include "codec/little_endian.hpp"
#include "engram/base/error.hpp"
#include "engram/codec/adopt.hpp"

namespace engram::codec {
namespace {

// Words a block: with 256 of them both sums of a block fit in 32 bits, so that the compiler can use
// the widest registers there are.
constexpr std::uint32_t kBlock = 256;

// Fletcher's sums are folded with end-around carry, which is modulo 65535 where 0 appears only if
// all words are 0.
std::uint64_t fold(std::uint64_t sum) { return sum == 0 ? 0 : (sum - 1) % 65535 + 1; }

std::uint32_t word_at(const std::byte* bytes) {
  std::uint16_t word = 0;
  std::memcpy(&word, bytes, sizeof word);
  return static_cast<std::uint16_t>((word << 8U) | (word >> 8U));  // HDF5 takes them big-endian.
}

}  // namespace

std::uint32_t fletcher32(BytesView bytes) noexcept {
  std::uint64_t sum1 = 0;
  std::uint64_t sum2 = 0;
  const std::byte* at = bytes.data();
  std::uint64_t words = bytes.size() / 2;
  // sum1 is the sum of the words, sum2 the sum of all values that sum1 takes. After a block of n
  // words sum2 has grown by n times the old sum1, and by each word as often as it is counted from
  // its place on.
  for (; words >= kBlock; words -= kBlock, at += 2 * kBlock) {
    std::uint32_t block1 = 0;
    std::uint32_t block2 = 0;
    for (std::uint32_t i = 0; i < kBlock; ++i) {
      const std::uint32_t word = word_at(at + 2 * i);
      block1 += word;
      block2 += (kBlock - i) * word;
    }
    sum2 = fold(sum2 + kBlock * sum1 + block2);
    sum1 = fold(sum1 + block1);
  }
  for (; words > 0; --words, at += 2) {
    sum1 += word_at(at);
    sum2 += sum1;
  }
  if (bytes.size() % 2 != 0) {  // HDF5 takes the odd byte for the upper half of a word.
    sum1 += std::to_integer<std::uint32_t>(bytes.back()) << 8U;
    sum2 += sum1;
  }
  return static_cast<std::uint32_t>((fold(sum2) << 16U) | fold(sum1));
}

BytesView checked_by_fletcher32(BytesView bytes) {
  if (bytes.size() < kFletcher32Size)
    throw Error(
        ErrorCode::corrupt_data,
        fmt::format("chunk has {} bytes, too few for its fletcher32 checksum", bytes.size()));
  const BytesView content = bytes.first(bytes.size() - kFletcher32Size);
  const std::uint32_t stored = load_u32(content.data() + content.size());
  const std::uint32_t found = fletcher32(content);
  // HDF5 before 1.6.3 stored both halves with their bytes swapped; its readers take either.
  const std::uint32_t swapped = ((found & 0x00ff00ffU) << 8U) | ((found >> 8U) & 0x00ff00ffU);
  if (stored != found && stored != swapped)
    throw Error(ErrorCode::corrupt_data,
                fmt::format("chunk of {} bytes is damaged: its fletcher32 checksum is {:08x}, "
                            "stored is {:08x}",
                            content.size(), found, stored));
  return content;
}

namespace {

class Fletcher32Codec final : public ConfiguredCodec {
 public:
  Fletcher32Codec() : ConfiguredCodec({"fletcher32", Json::object()}) {}

  std::uint64_t max_encoded_size(std::uint64_t decoded_size) const override {
    return decoded_size + kFletcher32Size;
  }

  std::uint64_t encode(BytesView in, std::span<std::byte> out, std::uint64_t) const override {
    if (!in.empty()) std::memcpy(out.data(), in.data(), in.size());
    store_u32(out.data() + in.size(), fletcher32(in));
    return in.size() + kFletcher32Size;
  }

  std::uint64_t decode(BytesView in, std::span<std::byte> out) const override {
    const BytesView content = checked_by_fletcher32(in);
    if (content.size() > out.size())
      throw Error(ErrorCode::corrupt_data,
                  fmt::format("chunk has {} bytes before its fletcher32 checksum, expected at "
                              "most {}",
                              content.size(), out.size()));
    if (!content.empty()) std::memcpy(out.data(), content.data(), content.size());
    return content.size();
  }
};

}  // namespace

BytesCodecPtr make_fletcher32(const CodecConfig&, const ChunkElements&) {
  return std::make_shared<Fletcher32Codec>();
}

}  // namespace engram::codec
