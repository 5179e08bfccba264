#include <bzlib.h>
#include <fmt/format.h>

#include <algorithm>
#include <climits>
#include <new>
#include <utility>

#include "codec/codecs.hpp"
#include "codec/configuration.hpp"
#include "engram/base/error.hpp"

namespace engram::codec {
namespace {

unsigned piece(std::size_t size) {
  return static_cast<unsigned>(std::min<std::size_t>(size, UINT_MAX));
}

// bzip2's stream with the whole input and output, which may be longer than its 32-bit counters.
class Stream {
 public:
  using End = int (*)(bz_stream*);

  Stream(BytesView in, std::span<std::byte> out, End end) : in_(in), out_(out), end_(end) {}
  ~Stream() { end_(&stream_); }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  bz_stream* operator->() noexcept { return &stream_; }
  bz_stream* get() noexcept { return &stream_; }

  /// Calls step(stream) with the next pieces of input and output.
  template <class Step>
  int advance(const Step& step) {
    const unsigned in_piece = piece(in_.size());
    const unsigned out_piece = piece(out_.size());
    // bzip2's interface has no const; it does not write to its input.
    stream_.next_in = reinterpret_cast<char*>(const_cast<std::byte*>(in_.data()));
    stream_.avail_in = in_piece;
    stream_.next_out = reinterpret_cast<char*>(out_.data());
    stream_.avail_out = out_piece;
    const int result = step(&stream_);
    in_ = in_.subspan(in_piece - stream_.avail_in);
    out_ = out_.subspan(out_piece - stream_.avail_out);
    written_ += out_piece - stream_.avail_out;
    moved_ = in_piece != stream_.avail_in || out_piece != stream_.avail_out;
    return result;
  }

  BytesView in() const noexcept { return in_; }
  std::span<std::byte> out() const noexcept { return out_; }
  std::uint64_t written() const noexcept { return written_; }
  bool moved() const noexcept { return moved_; }

 private:
  bz_stream stream_{};
  BytesView in_;
  std::span<std::byte> out_;
  End end_;
  std::uint64_t written_ = 0;
  bool moved_ = false;
};

class Bz2Codec final : public ConfiguredCodec {
 public:
  explicit Bz2Codec(std::int64_t level)
      : ConfiguredCodec({"bz2", {{"level", level}}}), level_(static_cast<int>(level)) {}

  std::uint64_t max_encoded_size(std::uint64_t decoded_size) const override {
    return decoded_size + decoded_size / 100 + 601;  // bzip2's manual: 1 % and 600 bytes.
  }

  std::uint64_t encode(BytesView in, std::span<std::byte> out, std::uint64_t) const override {
    Stream stream(in, out, BZ2_bzCompressEnd);
    if (BZ2_bzCompressInit(stream.get(), level_, 0, 0) != BZ_OK) throw std::bad_alloc();
    int result = BZ_RUN_OK;
    while (result != BZ_STREAM_END) {
      const int action = stream.in().size() > UINT_MAX ? BZ_RUN : BZ_FINISH;
      result = stream.advance([&](bz_stream* s) { return BZ2_bzCompress(s, action); });
      if (result < 0 || (result != BZ_STREAM_END && !stream.moved()))
        throw Error(ErrorCode::invalid_argument,
                    fmt::format("bz2 can't encode {} bytes into {}", in.size(), out.size()));
    }
    return stream.written();
  }

  // Streams may follow one another, as Python's bz2 reads them.
  std::uint64_t decode(BytesView in, std::span<std::byte> out) const override {
    std::uint64_t written = 0;
    do {
      Stream stream(in, out, BZ2_bzDecompressEnd);
      if (BZ2_bzDecompressInit(stream.get(), 0, 0) != BZ_OK) throw std::bad_alloc();
      int result = BZ_OK;
      while (result != BZ_STREAM_END) {
        result = stream.advance(BZ2_bzDecompress);
        if (result == BZ_MEM_ERROR) throw std::bad_alloc();
        if (result != BZ_STREAM_END && (result != BZ_OK || !stream.moved()))
          throw Error(
              ErrorCode::corrupt_data,
              stream.out().empty()
                  ? fmt::format("bz2 stream decodes to more than the {} bytes expected", out.size())
                  : fmt::format("bz2 stream of {} bytes is damaged or cut short", in.size()));
      }
      written += stream.written();
      in = stream.in();
      out = stream.out();
      // What is no further stream is ignored, as Python does.
    } while (in.size() > 2 && in[0] == std::byte{'B'} && in[1] == std::byte{'Z'});
    return written;
  }

 private:
  int level_;
};

}  // namespace

BytesCodecPtr make_bz2(const CodecConfig& config, const ChunkElements&) {
  return std::make_shared<Bz2Codec>(integer_member(config, "level", 1, 1, 9));
}

}  // namespace engram::codec
