#include "codec/zfp_decoder.hpp"

#include <fmt/format.h>

#include <cstring>

#include "engram/base/error.hpp"

namespace engram::codec {
namespace {

constexpr std::size_t kZfpHead = 64;  ///< No head is as long.
constexpr std::size_t kZfpLeast = (ZFP_MAGIC_BITS + ZFP_META_BITS + ZFP_MODE_SHORT_BITS) / 8;

}  // namespace

ZfpDecoder::ZfpDecoder(BytesView head, BytesView blocks, bool joined)
    : head_(head),
      blocks_(blocks),
      joined_(joined),
      field_(opened_zfp(zfp_field_alloc())),
      stream_(opened_zfp(zfp_stream_open(nullptr))) {
  open(head_, kZfpHead);
  if (zfp_read_header(stream_.get(), field_.get(), ZFP_HEADER_FULL) == 0 ||
      head_.size() < kZfpLeast)
    throw Error(ErrorCode::corrupt_data,
                fmt::format("zfp stream of {} bytes has no valid head of format {}", blocks_.size(),
                            zfp_codec_version));
}

std::uint64_t ZfpDecoder::decoded_size() const {
  std::uint64_t size = element_size();
  for (const std::size_t extent : {field_->nx, field_->ny, field_->nz, field_->nw})
    if (extent != 0) size = checked_multiply(size, extent, "the size of a zfp chunk");
  return size;
}

// libzfp reads words as long as its blocks ask for them, whatever the buffer holds: a damaged
// stream must not lead it out of there. What no block can need is never read.
void ZfpDecoder::decode(std::span<std::byte> out) {
  open(blocks_, zfp_stream_maximum_size(stream_.get(), field_.get()) + kZfpHead);
  if (joined_) zfp_read_header(stream_.get(), field_.get(), ZFP_HEADER_FULL);
  zfp_field_set_pointer(field_.get(), out.data());
  const std::size_t used = zfp_decompress(stream_.get(), field_.get());
  // The last word of a stream may be counted whole.
  if (used == 0 || used > blocks_.size() + sizeof(std::uint64_t))
    throw Error(ErrorCode::corrupt_data,
                fmt::format("zfp stream of {} bytes is damaged or cut short", blocks_.size()));
}

// Has the stream read a copy of `in` with `more` bytes behind it.
void ZfpDecoder::open(BytesView in, std::size_t more) {
  const std::size_t words = (in.size() + more) / sizeof(std::uint64_t) + 2;
  padded_ = std::make_unique<std::uint64_t[]>(words);
  if (!in.empty()) std::memcpy(padded_.get(), in.data(), in.size());
  bits_.reset(opened_zfp(stream_open(padded_.get(), words * sizeof(std::uint64_t))));
  zfp_stream_set_bit_stream(stream_.get(), bits_.get());
  zfp_stream_rewind(stream_.get());
}

}  // namespace engram::codec
