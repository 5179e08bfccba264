#include "engram/codec/pipeline.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <string>

#include "base/thread_buffer.hpp"
#include "codec/hdf5_decoders.hpp"
#include "engram/base/buffer.hpp"
#include "engram/base/error.hpp"
#include "engram/codec/hdf5_filter.hpp"

namespace engram::codec {
namespace {

bool is_masked(std::uint32_t filter_mask, std::size_t codec) {
  return codec < 32 && ((filter_mask >> codec) & 1U) != 0;
}

// What other encoders make of bytes may be longer than what ours do, by blocks that they store, by
// heads and by the dictionaries that they begin with. Memory that is not written costs nothing.
constexpr std::uint64_t kForeignBlock = 4096;
constexpr std::uint64_t kForeignHead = std::uint64_t{1} << 20U;

std::uint64_t foreign_size(std::uint64_t size) {
  return checked_add(checked_multiply(size, 2, "the size of an encoded chunk"), kForeignBlock,
                     "the size of an encoded chunk");
}

[[noreturn]] void throw_wrong_size(const CodecConfig& codec, std::uint64_t found,
                                   std::uint64_t expected) {
  const std::string name = is_hdf5_decoder(codec.name) ? hdf5_filter_text(codec) : codec.name;
  throw Error(ErrorCode::corrupt_data,
              fmt::format("{}: chunk decodes to {} bytes, expected {}", name, found, expected));
}

}  // namespace

Pipeline::Pipeline(const std::vector<CodecConfig>& configs, const ChunkElements& elements) {
  ChunkElements given = elements;
  for (const CodecConfig& config : configs) add(make_codec(config, given), given);
}

Pipeline Pipeline::decoder(const std::vector<CodecConfig>& configs) {
  Pipeline pipeline(std::vector<CodecConfig>{});
  ChunkElements given;
  for (const CodecConfig& config : configs) pipeline.add(make_decoder(config), given);
  return pipeline;
}

void Pipeline::add(BytesCodecPtr codec, ChunkElements& given) {
  configs_.push_back(codec->config());
  element_sizes_.push_back(given.type.size);
  given = codec->encoded_elements(given);
  codecs_.push_back(std::move(codec));
}

std::uint64_t Pipeline::max_encoded_size(std::uint64_t decoded_size) const {
  for (const BytesCodecPtr& codec : codecs_) decoded_size = codec->max_encoded_size(decoded_size);
  return decoded_size;
}

std::uint64_t Pipeline::max_stored_size(std::uint64_t decoded_size) const {
  return foreign_size(max_encoded_size(decoded_size)) + kForeignHead;
}

Bytes Pipeline::encode(BytesView in, std::uint64_t element_size) const {
  ThreadScratch buffer;
  const BytesView out = encode(in, element_size, buffer.bytes());
  return {out.begin(), out.end()};
}

BytesView Pipeline::encode(BytesView in, std::uint64_t element_size, Buffer& memory) const {
  Buffer held;
  for (std::size_t i = 0; i < codecs_.size(); ++i) {
    // Bytes that another codec has moved are no elements any more: shuffled again they would only
    // get worse. Elements of another type still are.
    if (i > 0) element_size = element_sizes_[i];
    const std::uint64_t most = codecs_[i]->max_encoded_size(in.size());
    if (i + 1 == codecs_.size()) {
      if (memory.size() < most) memory = Buffer(most);
      // No more than that: c-blosc makes another frame of noise where there is more room.
      const auto out = memory.bytes().first(most);
      return out.first(codecs_[i]->encode(in, out, element_size));
    }
    Buffer next(most);
    in = next.bytes().first(codecs_[i]->encode(in, next.bytes(), element_size));
    held = std::move(next);
  }
  return in;
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
      if (size != out.size()) throw_wrong_size(configs_[i], size, out.size());
      return;
    }
    // Another encoder may need more room than ours; a checksum or a shuffle never makes more bytes
    // than it is given.
    Buffer next(std::max<std::uint64_t>(foreign_size(limits[i]), in.size()));
    in = next.bytes().first(codecs_[i]->decode(in, next.bytes()));
    held = std::move(next);
  }
  if (in.size() != out.size())
    throw Error(ErrorCode::corrupt_data,
                fmt::format("chunk has {} bytes, expected {}", in.size(), out.size()));
  if (!in.empty()) std::memcpy(out.data(), in.data(), in.size());
}

Bytes Pipeline::decode(BytesView in, std::uint64_t decoded_size, std::uint32_t filter_mask) const {
  Bytes out(decoded_size);
  decode(in, out, filter_mask);
  return out;
}

bool Pipeline::decodes_parts(PartCheck check) const noexcept {
  if (codecs_.empty()) return true;
  const PartDecoder* const parts = codecs_.size() == 1 ? codecs_.front()->parts() : nullptr;
  return parts != nullptr && (parts->is_checked() || check == PartCheck::less);
}

void Pipeline::decode_part(BytesView in, std::uint64_t decoded_size, std::uint64_t offset,
                           std::span<std::byte> out, PartCheck check) const {
  if (offset > decoded_size || out.size() > decoded_size - offset)
    throw Error(ErrorCode::invalid_argument,
                fmt::format("{} bytes at {} are no part of {}", out.size(), offset, decoded_size));
  if (out.size() == decoded_size) return decode(in, out);
  if (!codecs_.empty() && decodes_parts(check) &&
      codecs_.front()->parts()->decode_part(in, decoded_size, offset, out))
    return;
  ThreadBuffer buffer;
  Bytes& whole = buffer.bytes();
  whole.resize(decoded_size);
  decode(in, whole);
  if (!out.empty()) std::memcpy(out.data(), whole.data() + offset, out.size());
}

}  // namespace engram::codec
