#include "engram/codec/pipeline.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <memory>

#include "engram/base/error.hpp"

namespace engram::codec {
namespace {

// Bytes that are written before they are read: a vector would fill them with zeros first.
class Buffer {
 public:
  Buffer() = default;
  explicit Buffer(std::uint64_t size)
      : bytes_(std::make_unique_for_overwrite<std::byte[]>(size)), room_(size) {}

  std::span<std::byte> room() const noexcept { return {bytes_.get(), room_}; }

 private:
  std::unique_ptr<std::byte[]> bytes_;
  std::uint64_t room_ = 0;
};

bool is_masked(std::uint32_t filter_mask, std::size_t codec) {
  return codec < 32 && ((filter_mask >> codec) & 1U) != 0;
}

[[noreturn]] void throw_wrong_size(std::uint64_t found, std::uint64_t expected) {
  throw Error(ErrorCode::corrupt_data,
              fmt::format("chunk decodes to {} bytes, expected {}", found, expected));
}

}  // namespace

Pipeline::Pipeline(const std::vector<CodecConfig>& configs) {
  configs_.reserve(configs.size());
  codecs_.reserve(configs.size());
  for (const CodecConfig& config : configs) {
    codecs_.push_back(make_codec(config));
    configs_.push_back(codecs_.back()->config());
  }
}

std::uint64_t Pipeline::max_encoded_size(std::uint64_t decoded_size) const {
  for (const BytesCodecPtr& codec : codecs_) decoded_size = codec->max_encoded_size(decoded_size);
  return decoded_size;
}

Bytes Pipeline::encode(BytesView in, std::uint64_t element_size) const {
  if (codecs_.empty()) return {in.begin(), in.end()};
  Buffer held;
  for (const BytesCodecPtr& codec : codecs_) {
    Buffer next(codec->max_encoded_size(in.size()));
    in = next.room().first(codec->encode(in, next.room(), element_size));
    held = std::move(next);
    // Bytes that another codec has moved are no elements any more: shuffled again they would only
    // get worse.
    element_size = 1;
  }
  return {in.begin(), in.end()};
}

void Pipeline::decode(BytesView in, std::span<std::byte> out, std::uint32_t filter_mask) const {
  // What each codec was given to encode, at most; the first of them was given `out`.
  std::vector<std::uint64_t> limits;
  std::uint64_t limit = out.size();
  std::size_t first = codecs_.size();  // The codec that decodes into `out`.
  for (std::size_t i = 0; i < codecs_.size(); ++i) {
    limits.push_back(limit);
    if (is_masked(filter_mask, i)) continue;
    first = std::min(first, i);
    limit = codecs_[i]->max_encoded_size(limit);
  }
  Buffer held;
  for (std::size_t i = codecs_.size(); i-- > 0;) {
    if (is_masked(filter_mask, i)) continue;
    if (i == first) {
      const std::uint64_t size = codecs_[i]->decode(in, out);
      if (size != out.size()) throw_wrong_size(size, out.size());
      return;
    }
    // Another encoder may need more room than ours; a checksum or a shuffle never makes more bytes
    // than it is given.
    Buffer next(std::max<std::uint64_t>(limits[i], in.size()));
    in = next.room().first(codecs_[i]->decode(in, next.room()));
    held = std::move(next);
  }
  if (in.size() != out.size()) throw_wrong_size(in.size(), out.size());
  if (!in.empty()) std::memcpy(out.data(), in.data(), in.size());
}

Bytes Pipeline::decode(BytesView in, std::uint64_t decoded_size, std::uint32_t filter_mask) const {
  Bytes out(decoded_size);
  decode(in, out, filter_mask);
  return out;
}

}  // namespace engram::codec
