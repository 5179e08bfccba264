#include "engram/codec/adopt.hpp"

#include <fmt/format.h>
#include <zstd.h>

#include <string>
#include <utility>

#include "codec/blosc_frame.hpp"
#include "codec/deflate.hpp"
#include "codec/fletcher32.hpp"
#include "engram/base/error.hpp"

namespace engram::codec {
namespace {

constexpr std::uint64_t kMaxHeadElement = 255;  // One byte of the head.
constexpr std::size_t kMaxCodecs = 31;          // As many as a mask and its bounds can name.

bool is_compressor(std::string_view name) { return name != "shuffle" && name != "fletcher32"; }

std::int64_t shuffle_size(const CodecConfig& config) {
  return config.configuration.at("elementsize").get<std::int64_t>();
}

// True for the lists that the class comment names, without the checksum and the identities.
bool can_stay(const std::vector<CodecConfig>& codecs) {
  if (codecs.size() == 2)
    return codecs[0].name == "shuffle" &&
           (codecs[1].name == "zlib" || codecs[1].name == "zstd" || codecs[1].name == "bz2");
  return codecs.empty() || (codecs.size() == 1 && codecs[0].name != "fletcher32");
}

CodecConfig head_config(const CodecConfig& zlib, bool shuffled) {
  // The level is what somebody who adds to the array will encode with; -1 is zlib's way to say 6.
  const auto level = zlib.configuration.at("level").get<std::int64_t>();
  return {"blosc",
          {{"cname", "zlib"},
           {"clevel", level < 0 ? 6 : level},
           {"shuffle", shuffled ? 1 : 0},
           {"blocksize", 0}}};
}

[[noreturn]] void throw_wrong_size(std::uint64_t found, std::uint64_t expected) {
  throw Error(ErrorCode::corrupt_data,
              fmt::format("chunk has {} bytes, expected {}", found, expected));
}

[[noreturn]] void throw_no_stream(std::string_view codec, std::uint64_t size) {
  throw Error(
      ErrorCode::corrupt_data,
      fmt::format("chunk of {} bytes is damaged: it does not begin like a {} stream", size, codec));
}

bool begins_with(BytesView bytes, std::string_view text) {
  return as_text(bytes).substr(0, text.size()) == text;
}

void check_zstd(BytesView chunk, std::uint64_t expected) {
  const unsigned long long size = ZSTD_getFrameContentSize(chunk.data(), chunk.size());
  if (size == ZSTD_CONTENTSIZE_ERROR) throw_no_stream("zstd", chunk.size());
  if (size != ZSTD_CONTENTSIZE_UNKNOWN && size != expected)
    throw Error(
        ErrorCode::corrupt_data,
        fmt::format("zstd chunk says that it decodes to {} bytes, expected {}", size, expected));
}

void check_blosc(BytesView chunk, std::uint64_t expected) {
  const BloscFrame frame = parse_blosc_head(chunk);
  if (frame.decoded_size != expected)
    throw Error(ErrorCode::corrupt_data,
                fmt::format("blosc chunk says that it decodes to {} bytes, expected {}",
                            frame.decoded_size, expected));
}

}  // namespace

std::optional<Adopter> Adopter::make(const std::vector<CodecConfig>& source,
                                     std::uint64_t element_size, std::uint64_t chunk_size,
                                     ShuffleForm form) {
  if (chunk_size == 0 || source.size() > kMaxCodecs) return std::nullopt;
  for (const CodecConfig& config : source)
    if (!is_known_codec(config.name)) return std::nullopt;
  std::optional<Pipeline> all;
  try {
    all.emplace(source);
  } catch (const Error&) {  // A configuration that no encoder can have had.
    return std::nullopt;
  }
  std::vector<CodecConfig> kept = all->configs();
  const bool checksum = !kept.empty() && kept.back().name == "fletcher32";
  if (checksum) kept.pop_back();
  std::vector<CodecConfig> target;
  std::uint32_t identity_mask = 0;
  for (std::size_t i = 0; i < kept.size(); ++i) {
    if (kept[i].name == "shuffle" && shuffle_size(kept[i]) <= 1)
      identity_mask |= std::uint32_t{1} << i;
    else
      target.push_back(kept[i]);
  }
  if (!can_stay(target)) return std::nullopt;

  const bool shuffled = !target.empty() && target[0].name == "shuffle";
  std::uint64_t head_element = element_size;
  if (shuffled) {
    head_element = static_cast<std::uint64_t>(shuffle_size(target[0]));
    // HDF5 leaves the bytes after the last whole element where they are, numcodecs refuses them.
    if (chunk_size % head_element != 0) return std::nullopt;
  }
  const bool wanted = shuffled ? form != ShuffleForm::verbatim && target.size() == 2
                               : form == ShuffleForm::blosc_head_always && target.size() == 1;
  const bool head = wanted && target.back().name == "zlib" && (!shuffled || identity_mask == 0) &&
                    head_element >= 1 && head_element <= kMaxHeadElement &&
                    chunk_size <= kBloscMaxBlock;
  if (head) target = {head_config(target.back(), shuffled)};

  Adopter adopter{Pipeline(kept), Pipeline(target)};
  adopter.element_size_ = element_size;
  adopter.chunk_size_ = chunk_size;
  adopter.checksum_ = checksum;
  adopter.head_ = head;
  adopter.head_shuffled_ = head && shuffled;
  if (head) adopter.head_element_ = static_cast<std::uint8_t>(head_element);
  adopter.identity_mask_ = identity_mask;
  return adopter;
}

Adoption Adopter::adopt(Bytes& chunk, std::uint32_t filter_mask) const {
  const std::size_t count = source_.configs().size();
  bool cut = false;
  if (checksum_ && ((filter_mask >> count) & 1U) == 0) {
    chunk.resize(checked_by_fletcher32(chunk).size());
    cut = true;
  }
  filter_mask &= ((std::uint32_t{1} << count) - 1) & ~identity_mask_;
  if (head_) {
    const std::uint32_t deflate = std::uint32_t{1} << (count - 1);
    return frame(chunk, head_shuffled_ && (filter_mask & 1U) == 0, (filter_mask & deflate) == 0);
  }
  if (filter_mask != 0) return recode(chunk, filter_mask);
  check(chunk);
  return cut ? Adoption::framed : Adoption::verbatim;
}

// A frame says of itself whether it is shuffled, and its splits may be stored bytes: whatever the
// mask is, there is a head that makes a frame of the chunk.
Adoption Adopter::frame(Bytes& chunk, bool shuffled, bool deflated) const {
  const auto size = static_cast<std::uint32_t>(chunk_size_);
  const std::uint8_t element = head_element_;
  Adoption adoption = Adoption::framed;
  if (deflated) {
    if (!has_zlib_head(chunk)) throw_no_stream("zlib", chunk.size());
    if (chunk.size() > kBloscMaxFrame - kBloscFramedHead)
      throw Error(ErrorCode::corrupt_data,
                  fmt::format("chunk has {} bytes, far more than the {} that it decodes to",
                              chunk.size(), chunk_size_));
    if (chunk.size() == chunk_size_) {
      // Blosc takes a stream as long as what it decodes to for stored bytes, so it gets those.
      Bytes inflated;
      inflated.reserve(chunk_size_ + kBloscFramedHead);
      inflated.resize(chunk_size_);
      const std::uint64_t written = inflate_zlib(chunk, inflated);
      if (written != chunk_size_) throw_wrong_size(written, chunk_size_);
      chunk = std::move(inflated);
      adoption = Adoption::inflated;
    }
  } else if (chunk.size() != chunk_size_) {
    throw_wrong_size(chunk.size(), chunk_size_);
  }
  if (!deflated && !shuffled)
    frame_as_blosc_memcpy(chunk, element);
  else
    frame_as_blosc(chunk, size, element, shuffled);
  return adoption;
}

Adoption Adopter::recode(Bytes& chunk, std::uint32_t filter_mask) const {
  Adoption adoption = Adoption::recoded;
  for (std::size_t i = 0; i < source_.configs().size(); ++i)
    if (is_compressor(source_.configs()[i].name) && ((filter_mask >> i) & 1U) == 0)
      adoption = Adoption::inflated;
  const Bytes decoded = source_.decode(chunk, chunk_size_, filter_mask);
  chunk = target_.encode(decoded, element_size_);
  return adoption;
}

// What can be seen without decoding: enough to stop a chunk that was cut off or is something else.
void Adopter::check(BytesView chunk) const {
  const std::string_view last =
      target_.empty() ? std::string_view() : std::string_view(target_.configs().back().name);
  if (!is_compressor(last) || last.empty()) {
    if (chunk.size() != chunk_size_) throw_wrong_size(chunk.size(), chunk_size_);
  } else if (last == "zlib") {
    if (!has_zlib_head(chunk)) throw_no_stream(last, chunk.size());
  } else if (last == "gzip") {
    if (!begins_with(chunk, "\x1f\x8b")) throw_no_stream(last, chunk.size());
  } else if (last == "bz2") {
    if (!begins_with(chunk, "BZh")) throw_no_stream(last, chunk.size());
  } else if (last == "zstd") {
    check_zstd(chunk, chunk_size_);
  } else if (last == "blosc") {
    check_blosc(chunk, chunk_size_);
  }
}

}  // namespace engram::codec
