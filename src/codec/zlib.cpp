// zlib and gzip, both by libdeflate, which needs the whole input and room for the whole output at
// once. That is what a chunk is, and it is two to three times as fast as zlib, which is asked only
// what is wrong with a stream.
#include <fmt/format.h>
#include <libdeflate.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <exception>
#include <memory>
#include <new>
#include <string_view>
#include <utility>

#include "base/thread_buffer.hpp"
#include "codec/codecs.hpp"
#include "codec/configuration.hpp"
#include "codec/deflate.hpp"
#include "codec/deflate_fault.hpp"
#include "engram/base/error.hpp"

namespace engram::codec {
namespace {

struct FreeDeflate {
  void operator()(libdeflate_compressor* c) const noexcept { libdeflate_free_compressor(c); }
  void operator()(libdeflate_decompressor* d) const noexcept { libdeflate_free_decompressor(d); }
};

constexpr int kMostLevel = 9;

// A compressor is up to 1 MB and expensive to make, and a run uses one level or two: each thread
// keeps those that it has used.
libdeflate_compressor* compressor(int level) {
  thread_local std::array<std::unique_ptr<libdeflate_compressor, FreeDeflate>, kMostLevel + 1> kept;
  auto& one = kept.at(static_cast<std::size_t>(level));
  if (one == nullptr) {
    one.reset(libdeflate_alloc_compressor(level));
    if (one == nullptr) throw std::bad_alloc();
  }
  return one.get();
}

// Level 1 of libdeflate takes no matches of 3 bytes, which levels 2 to 6 do: in noisy samples they
// cost more bits than they save, so that level 1 makes less of them, in a quarter of the time; in
// other data it makes up to a sixth more. A piece of the data tells which it is, to some 3 %.
// (Whoever asks for 7 or more asks for the last per cent, not for time.)
constexpr int kFastLevel = 1, kMostTriedLevel = 6;
constexpr std::size_t kPiece = 64U << 10U, kWorthTrying = 4 * kPiece;

int best_level(int level, BytesView in) {
  if (level <= kFastLevel || level > kMostTriedLevel || in.size() < kWorthTrying) return level;
  const BytesView piece = in.subspan(in.size() / 2, kPiece);
  thread_local std::array<std::byte, kPiece> out;  // What does not fit is not smaller.
  const auto size_at = [&](int tried) {
    return libdeflate_deflate_compress(compressor(tried), piece.data(), piece.size(), out.data(),
                                       out.size());
  };
  const std::size_t fast = size_at(kFastLevel), asked = size_at(level);
  return fast > 0 && (asked == 0 || fast <= asked + asked / 32) ? kFastLevel : level;
}

libdeflate_decompressor* decompressor() {
  thread_local std::unique_ptr<libdeflate_decompressor, FreeDeflate> kept;
  if (kept == nullptr) {
    kept.reset(libdeflate_alloc_decompressor());
    if (kept == nullptr) throw std::bad_alloc();
  }
  return kept.get();
}

struct Decoded {
  std::uint64_t consumed = 0;
  std::uint64_t written = 0;
};

using Decompress = decltype(&libdeflate_zlib_decompress_ex);

Decoded decompress(Decompress call, std::string_view name, BytesView in, std::span<std::byte> out) {
  // libdeflate does arithmetic on the pointers even where there are no bytes.
  std::byte nothing{};
  std::size_t consumed = 0;
  std::size_t written = 0;
  const libdeflate_result result =
      call(decompressor(), in.empty() ? &nothing : in.data(), in.size(),
           out.empty() ? &nothing : out.data(), out.size(), &consumed, &written);
  if (result == LIBDEFLATE_INSUFFICIENT_SPACE)
    throw Error(ErrorCode::corrupt_data,
                fmt::format("{} stream of {} bytes decodes to more than the {} bytes expected",
                            name, in.size(), out.size()));
  if (result != LIBDEFLATE_SUCCESS)
    throw Error(ErrorCode::corrupt_data,
                fmt::format("{} stream of {} bytes is damaged or cut short: {}", name, in.size(),
                            deflate_fault(in, out.size())));
  return {consumed, written};
}

// What is in `out` when it had not room for all: the front of it, but for the stored block that did
// not fit as a whole. libdeflate does not promise that, so it is tried once.
constexpr std::size_t kLongestBlock = 65'535;

bool inflate_front(Decompress call, BytesView in, std::span<std::byte> out) {
  return call(decompressor(), in.data(), in.size(), out.data(), out.size(), nullptr, nullptr) ==
         LIBDEFLATE_INSUFFICIENT_SPACE;
}

bool leaves_fronts() noexcept try {
  constexpr std::size_t kHalf = 150'000;
  Bytes data(2 * kHalf);
  std::uint32_t noise = 1;
  for (std::size_t i = 0; i < kHalf; ++i) {
    noise = noise * 1'664'525U + 1'013'904'223U;
    data[i] = static_cast<std::byte>(noise >> 24U);          // Comes out as stored blocks.
    data[kHalf + i] = static_cast<std::byte>(i % 1000 / 7);  // As matches.
  }
  Bytes stream(libdeflate_zlib_compress_bound(nullptr, data.size()));
  stream.resize(libdeflate_zlib_compress(compressor(kFastLevel), data.data(), data.size(),
                                         stream.data(), stream.size()));
  for (const std::size_t room : {100'000U, 150'000U, 299'999U}) {
    Bytes front(room);
    if (!inflate_front(libdeflate_zlib_decompress_ex, stream, front) ||
        !std::equal(front.begin(), front.end() - kLongestBlock, data.begin()))
      return false;
  }
  return true;
} catch (const std::exception&) {
  return false;
}

constexpr int kDefaultLevel = 1;  // As in numcodecs.
constexpr int kZlibDefault = 6;   // What zlib means by level -1.

class DeflateCodec : public ConfiguredCodec, public PartDecoder {
 public:
  const PartDecoder* parts() const noexcept override { return this; }

  // The checksum is one of the whole.
  bool is_checked() const noexcept override { return false; }

  bool decode_part(BytesView in, std::uint64_t decoded_size, std::uint64_t offset,
                   std::span<std::byte> out) const override {
    const std::uint64_t room = offset + out.size() + kLongestBlock;
    if (room >= decoded_size - decoded_size / 8 || in.empty()) return false;
    static const bool is_possible = leaves_fronts();
    if (!is_possible) return false;
    ThreadBuffer buffer;
    Bytes& front = buffer.bytes();
    front.resize(room);
    if (!inflate_front(decompress_, in, front)) return false;
    if (!out.empty()) std::memcpy(out.data(), front.data() + offset, out.size());
    return true;
  }

 protected:
  DeflateCodec(std::string name, std::int64_t level, Decompress decompress)
      : ConfiguredCodec({std::move(name), {{"level", level}}}),
        level_(level < 0 ? kZlibDefault : static_cast<int>(level)),
        decompress_(decompress) {}

  int level() const noexcept { return level_; }

 private:
  int level_;
  Decompress decompress_;
};

class ZlibCodec final : public DeflateCodec {
 public:
  explicit ZlibCodec(std::int64_t level)
      : DeflateCodec("zlib", level, libdeflate_zlib_decompress_ex) {}

  std::uint64_t max_encoded_size(std::uint64_t decoded_size) const override {
    return libdeflate_zlib_compress_bound(nullptr, decoded_size);
  }

  std::uint64_t encode(BytesView in, std::span<std::byte> out, std::uint64_t) const override {
    return libdeflate_zlib_compress(compressor(best_level(level(), in)), in.data(), in.size(),
                                    out.data(), out.size());
  }

  std::uint64_t decode(BytesView in, std::span<std::byte> out) const override {
    return inflate_zlib(in, out);
  }
};

class GzipCodec final : public DeflateCodec {
 public:
  explicit GzipCodec(std::int64_t level)
      : DeflateCodec("gzip", level, libdeflate_gzip_decompress_ex) {}

  std::uint64_t max_encoded_size(std::uint64_t decoded_size) const override {
    return libdeflate_gzip_compress_bound(nullptr, decoded_size);
  }

  std::uint64_t encode(BytesView in, std::span<std::byte> out, std::uint64_t) const override {
    return libdeflate_gzip_compress(compressor(best_level(level(), in)), in.data(), in.size(),
                                    out.data(), out.size());
  }

  // A gzip file is members one after another, and zeros may follow each (RFC 1952, section 2.2;
  // tape blocks).
  std::uint64_t decode(BytesView in, std::span<std::byte> out) const override {
    std::uint64_t written = 0;
    do {
      const Decoded member =
          decompress(libdeflate_gzip_decompress_ex, "gzip", in, out.subspan(written));
      written += member.written;
      in = in.subspan(member.consumed);
      while (!in.empty() && in.front() == std::byte{0}) in = in.subspan(1);
    } while (!in.empty());
    return written;
  }
};

}  // namespace

std::uint64_t inflate_zlib(BytesView in, std::span<std::byte> out) {
  return decompress(libdeflate_zlib_decompress_ex, "zlib", in, out).written;
}

bool has_zlib_head(BytesView in) noexcept {
  if (in.size() < 2) return false;
  const auto method = std::to_integer<unsigned>(in[0]);
  const auto flags = std::to_integer<unsigned>(in[1]);
  const bool deflate = (method & 0x0fU) == 8 && (method >> 4U) <= 7;
  const bool dictionary = (flags & 0x20U) != 0;
  return deflate && !dictionary && ((method << 8U) | flags) % 31 == 0;
}

BytesCodecPtr make_zlib(const CodecConfig& config, const ChunkElements&) {
  return std::make_shared<ZlibCodec>(
      integer_member(config, "level", kDefaultLevel, -1, kMostLevel));
}

BytesCodecPtr make_gzip(const CodecConfig& config, const ChunkElements&) {
  return std::make_shared<GzipCodec>(
      integer_member(config, "level", kDefaultLevel, -1, kMostLevel));
}

}  // namespace engram::codec
