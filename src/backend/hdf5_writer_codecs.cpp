#include "backend/hdf5_writer_codecs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/json_member.hpp"
#include "codec/blosc_frame.hpp"
#include "codec/deflate.hpp"
#include "engram/base/error.hpp"
#include "hdf5/filters.hpp"

namespace engram::backend {
namespace {

constexpr std::uint64_t kMostChunkBytes = 0xffffffff;  // HDF5's own limit.

std::int64_t number_of(const CodecConfig& codec, const char* name, std::int64_t otherwise) {
  const auto found = codec.configuration.find(name);
  return found != codec.configuration.end() && found->is_number_integer()
             ? found->get<std::int64_t>()
             : otherwise;
}

bool is_blosc_zlib(const CodecConfig& codec) {
  return codec.name == "blosc" && is_text(member_or_null(codec.configuration, "cname"), "zlib");
}

CodecConfig shuffle_of(std::uint64_t element_size) {
  return {"shuffle", {{"elementsize", element_size}}};
}

// shuffle, one compressor, fletcher32: each may be missing.
bool is_in_order(const std::vector<CodecConfig>& codecs) {
  const auto step = [](const CodecConfig& codec) {
    return codec.name == "shuffle" ? 0 : codec.name == "fletcher32" ? 2 : 1;
  };
  for (std::size_t i = 1; i < codecs.size(); ++i)
    if (step(codecs[i - 1]) >= step(codecs[i])) return false;
  return true;
}

bool are_filters(const std::vector<CodecConfig>& codecs, std::uint64_t element_size,
                 std::uint64_t chunk_size, Hdf5Filters filters) {
  if (chunk_size > kMostChunkBytes) return false;
  return is_in_order(codecs) &&
         std::all_of(codecs.begin(), codecs.end(), [&](const CodecConfig& codec) {
           const auto filter = hdf5::filter_of(codec, element_size, chunk_size);
           return filter && (filters == Hdf5Filters::registered || hdf5::is_common(filter->id));
         });
}

}  // namespace

std::optional<Hdf5Adopter> Hdf5Adopter::make(const std::vector<CodecConfig>& source,
                                             std::uint64_t element_size, std::uint64_t chunk_size,
                                             Hdf5Filters filters) {
  if (chunk_size == 0 || element_size == 0) return std::nullopt;
  std::vector<CodecConfig> target = source;
  const bool framed = filters == Hdf5Filters::common && source.size() == 1 &&
                      is_blosc_zlib(source.front()) && number_of(source.front(), "shuffle", 1) != 2;
  if (framed) {
    target.clear();
    if (number_of(source.front(), "shuffle", 1) == 1 && element_size > 1)
      target.push_back(shuffle_of(element_size));
    target.push_back(
        {"zlib",
         {{"level", std::clamp<std::int64_t>(number_of(source.front(), "clevel", 5), 0, 9)}}});
  }
  if (!are_filters(target, element_size, chunk_size, filters)) return std::nullopt;
  std::optional<Hdf5Adopter> adopter;
  try {
    adopter = Hdf5Adopter(codec::Pipeline(source), codec::Pipeline(target));
  } catch (const Error&) {  // A configuration that no encoder can have had, or no such codec here.
    return std::nullopt;
  }
  adopter->element_size_ = element_size;
  adopter->chunk_size_ = chunk_size;
  adopter->framed_ = framed;
  adopter->shuffled_ = !target.empty() && target.front().name == "shuffle";
  return adopter;
}

void Hdf5Adopter::add_checksum() {
  std::vector<CodecConfig> codecs = target_.configs();
  if (!codecs.empty() && codecs.back().name == "fletcher32") return;
  codecs.push_back({"fletcher32", Json::object()});
  target_ = codec::Pipeline(codecs);
  checksum_ = true;
}

Hdf5Adopter::Adopted Hdf5Adopter::adopt(Bytes& chunk, std::uint32_t filter_mask) const {
  Adopted adopted = adopt_stream(chunk, filter_mask);
  if (!checksum_ || adopted.adoption == codec::Adoption::inflated) return adopted;
  chunk = codec::Pipeline({{"fletcher32", Json::object()}}).encode(chunk, 1);
  adopted.adoption = codec::Adoption::framed;
  return adopted;
}

Hdf5Adopter::Adopted Hdf5Adopter::adopt_stream(Bytes& chunk, std::uint32_t filter_mask) const {
  if (framed_) return filter_mask == 0 ? unframe(chunk) : recode(chunk, filter_mask);
  const auto& configs = target_.configs();
  const bool plain = std::none_of(configs.begin(), configs.end(),
                                  [](const CodecConfig& codec) { return codec.name != "shuffle"; });
  if (plain && chunk.size() != chunk_size_)
    throw Error(ErrorCode::corrupt_data,
                fmt::format("chunk has {} bytes, expected {}", chunk.size(), chunk_size_));
  return {codec::Adoption::verbatim, filter_mask};
}

Hdf5Adopter::Adopted Hdf5Adopter::unframe(Bytes& chunk) const {
  const codec::BloscFrame frame = codec::parse_blosc_head(chunk);
  if (frame.decoded_size != chunk_size_)
    throw Error(ErrorCode::corrupt_data,
                fmt::format("blosc chunk says that it decodes to {} bytes, expected {}",
                            frame.decoded_size, chunk_size_));
  const std::uint32_t shuffle_bit = shuffled_ ? 1U : 0U;
  const std::uint32_t deflate_bit = shuffled_ ? 2U : 1U;
  const auto keep = [&](BytesView part, std::uint32_t mask) {
    Bytes kept(part.begin(), part.end());
    chunk = std::move(kept);
    return Adopted{codec::Adoption::framed, mask};
  };
  if (frame.memcpyed)
    return keep(BytesView(chunk).subspan(codec::kBloscHead), shuffle_bit | deflate_bit);
  // A shuffle of single bytes changes nothing.
  const bool shuffled = frame.shuffled && frame.element_size > 1;
  const bool as_filter = !shuffled || (shuffled_ && frame.element_size == element_size_);
  if (frame.format != codec::BloscFormat::zlib || frame.bitshuffled || !as_filter)
    return recode(chunk, 0);
  const auto blocks = codec::parse_blosc_blocks(frame, chunk);
  if (blocks.size() != 1 || blocks.front().splits.size() != 1) return recode(chunk, 0);
  const BytesView stream = blocks.front().splits.front();
  const std::uint32_t mask = shuffled ? 0 : shuffle_bit;
  if (stream.size() == frame.decoded_size) return keep(stream, mask | deflate_bit);
  if (!codec::has_zlib_head(stream)) return recode(chunk, 0);
  return keep(stream, mask);
}

Hdf5Adopter::Adopted Hdf5Adopter::recode(Bytes& chunk, std::uint32_t filter_mask) const {
  const Bytes decoded = source_.decode(chunk, chunk_size_, filter_mask);
  chunk = target_.encode(decoded, element_size_);
  return {codec::Adoption::inflated, 0};
}

}  // namespace engram::backend
