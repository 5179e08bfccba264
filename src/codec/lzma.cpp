// LZMA by liblzma, as Python's lzma module frames it for numcodecs: a .xz file, a .lzma file
// ("alone") or raw filters without any head.
#include <fmt/format.h>

#include <algorithm>
#include <new>
#include <utility>

#include "codec/codecs.hpp"
#include "codec/configuration.hpp"
#include "codec/lzma_filters.hpp"
#include "engram/base/error.hpp"

namespace engram::codec {
namespace {

// Python's numbers of the formats.
enum Format : std::int64_t { kAuto = 0, kXz = 1, kAlone = 2, kRaw = 3 };

// A decoder takes the memory that the dictionary needs which the stream names, before it decodes
// anything; the largest that an encoder makes is 1.5 GiB. What is not written of it costs nothing.
constexpr std::uint64_t kMemoryLimit = std::uint64_t{1800} << 20U;

class Stream {
 public:
  Stream() = default;
  ~Stream() { lzma_end(&stream_); }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  lzma_stream* get() noexcept { return &stream_; }
  lzma_stream* operator->() noexcept { return &stream_; }

 private:
  lzma_stream stream_ = LZMA_STREAM_INIT;
};

void give(Stream& stream, BytesView in, std::span<std::byte> out) {
  stream->next_in = reinterpret_cast<const std::uint8_t*>(in.data());
  stream->avail_in = in.size();
  stream->next_out = reinterpret_cast<std::uint8_t*>(out.data());
  stream->avail_out = out.size();
}

std::string_view text_of(lzma_ret result) {
  switch (result) {
    case LZMA_FORMAT_ERROR:
      return "it is no stream of that format";
    case LZMA_OPTIONS_ERROR:
      return "it has options that liblzma does not know";
    case LZMA_MEMLIMIT_ERROR:
      return "its dictionary is above 1.5 GiB";
    case LZMA_DATA_ERROR:
      return "its data are no valid code, or its check is wrong";
    default:
      return "it ends too early";
  }
}

class LzmaCodec final : public ConfiguredCodec {
 public:
  LzmaCodec(CodecConfig config, Format format, lzma_check check, std::uint32_t preset, Json filters)
      : ConfiguredCodec(std::move(config)),
        format_(format),
        check_(check),
        preset_(preset),
        filters_(std::move(filters)) {
    if (!filters_.is_null()) LzmaFilters checked(filters_);
  }

  // A .lzma file has no stored blocks: noise grows by some hundredths at the worst.
  std::uint64_t max_encoded_size(std::uint64_t decoded_size) const override {
    return decoded_size + decoded_size / 8 + 1024;
  }

  std::uint64_t encode(BytesView in, std::span<std::byte> out, std::uint64_t) const override {
    Stream stream;
    const lzma_ret begun = begin_encoding(stream);
    if (begun == LZMA_MEM_ERROR) throw std::bad_alloc();
    if (begun != LZMA_OK)
      throw Error(ErrorCode::invalid_argument,
                  fmt::format("codec lzma: liblzma has no encoder for the configuration {}",
                              excerpt(config().configuration)));
    give(stream, in, out);
    const lzma_ret result = lzma_code(stream.get(), LZMA_FINISH);
    if (result == LZMA_MEM_ERROR) throw std::bad_alloc();
    if (result != LZMA_STREAM_END)
      throw Error(ErrorCode::invalid_argument,
                  fmt::format("lzma can't encode {} bytes into {}", in.size(), out.size()));
    return out.size() - stream->avail_out;
  }

  // Streams may follow one another, and what is no further stream is ignored, as Python does.
  std::uint64_t decode(BytesView in, std::span<std::byte> out) const override {
    std::uint64_t written = 0;
    for (bool first = true; first || !in.empty(); first = false) {
      Stream stream;
      LzmaFiltersHolder filters;
      lzma_ret result = begin_decoding(stream, filters, out.size());
      give(stream, in, out.subspan(written));
      std::byte spill{};
      while (result == LZMA_OK) {
        result = lzma_code(stream.get(), LZMA_FINISH);
        if (result != LZMA_OK || stream->avail_out > 0) continue;
        if (stream->next_out == reinterpret_cast<std::uint8_t*>(&spill) + 1) throw_too_long(out);
        // All of the output is there; whether the stream ends as well is seen with more room.
        stream->next_out = reinterpret_cast<std::uint8_t*>(&spill);
        stream->avail_out = 1;
      }
      if (result == LZMA_MEM_ERROR) throw std::bad_alloc();
      if (result != LZMA_STREAM_END) {
        if (!first && result != LZMA_BUF_ERROR) return written;
        throw Error(ErrorCode::corrupt_data,
                    fmt::format("lzma stream of {} bytes is damaged or cut short: {}", in.size(),
                                text_of(result)));
      }
      if (stream->next_out == reinterpret_cast<std::uint8_t*>(&spill) + 1) throw_too_long(out);
      written += stream->total_out;
      in = in.last(stream->avail_in);
    }
    return written;
  }

 private:
  using LzmaFiltersHolder = std::unique_ptr<LzmaFilters>;

  [[noreturn]] static void throw_too_long(std::span<std::byte> out) {
    throw Error(ErrorCode::corrupt_data,
                fmt::format("lzma stream decodes to more than the {} bytes expected", out.size()));
  }

  lzma_ret begin_encoding(Stream& stream) const {
    if (filters_.is_null()) {
      if (format_ == kXz) return lzma_easy_encoder(stream.get(), preset_, check_);
      lzma_options_lzma options{};
      if (format_ != kAlone || lzma_lzma_preset(&options, preset_)) return LZMA_OPTIONS_ERROR;
      return lzma_alone_encoder(stream.get(), &options);
    }
    LzmaFilters filters(filters_);
    if (format_ == kXz) return lzma_stream_encoder(stream.get(), filters.get(), check_);
    if (format_ == kRaw) return lzma_raw_encoder(stream.get(), filters.get());
    if (format_ != kAlone || !filters.is_lzma1_alone()) return LZMA_OPTIONS_ERROR;
    return lzma_alone_encoder(stream.get(), filters.last_lzma_options());
  }

  lzma_ret begin_decoding(Stream& stream, LzmaFiltersHolder& filters, std::uint64_t size) const {
    if (format_ == kXz) return lzma_stream_decoder(stream.get(), kMemoryLimit, 0);
    if (format_ == kAlone) return lzma_alone_decoder(stream.get(), kMemoryLimit);
    if (format_ == kAuto) return lzma_auto_decoder(stream.get(), kMemoryLimit, 0);
    filters = std::make_unique<LzmaFilters>(filters_);
    // Nothing refers to what lies before the chunk, so that a larger dictionary is of no use.
    if (lzma_options_lzma* options = filters->last_lzma_options())
      options->dict_size = static_cast<std::uint32_t>(std::min<std::uint64_t>(
          options->dict_size, std::max<std::uint64_t>(size, LZMA_DICT_SIZE_MIN)));
    return lzma_raw_decoder(stream.get(), filters->get());
  }

  Format format_;
  lzma_check check_;
  std::uint32_t preset_;
  Json filters_;
};

}  // namespace

BytesCodecPtr make_lzma(const CodecConfig& config, const ChunkElements&) {
  const auto format = static_cast<Format>(integer_member(config, "format", kXz, kAuto, kRaw));
  const std::int64_t check = integer_member(config, "check", -1, -1, LZMA_CHECK_ID_MAX);
  const Json* preset = optional_member(config, "preset");
  const Json* filters = optional_member(config, "filters");
  if (preset != nullptr && filters != nullptr)
    throw Error(ErrorCode::invalid_argument,
                "codec lzma: preset and filters can't be given together");
  if (format == kRaw && filters == nullptr)
    throw Error(ErrorCode::invalid_argument, "codec lzma: format 3 (raw) needs filters");
  if (format != kXz && check > LZMA_CHECK_NONE)
    throw Error(ErrorCode::invalid_argument,
                fmt::format("codec lzma: check is {}, but only format 1 (XZ) has checks", check));
  const bool usual = check < 0;
  if (!usual && lzma_check_is_supported(static_cast<lzma_check>(check)) == 0)
    throw Error(ErrorCode::unsupported,
                fmt::format("codec lzma: liblzma does not have the check {}", check));
  std::int64_t level = LZMA_PRESET_DEFAULT;
  if (preset != nullptr) {
    level = integer_member(config, "preset", LZMA_PRESET_DEFAULT, 0, UINT32_MAX);
    lzma_options_lzma ignored{};
    if (lzma_lzma_preset(&ignored, static_cast<std::uint32_t>(level)))
      throw Error(
          ErrorCode::invalid_argument,
          fmt::format("codec lzma: preset is {}, expected 0 to 9, or that with bit 31", level));
  }
  CodecConfig complete{"lzma",
                       {{"format", static_cast<std::int64_t>(format)},
                        {"check", check},
                        {"preset", preset == nullptr ? Json() : *preset},
                        {"filters", filters == nullptr ? Json() : *filters}}};
  return std::make_shared<LzmaCodec>(
      std::move(complete), format, usual ? LZMA_CHECK_CRC64 : static_cast<lzma_check>(check),
      static_cast<std::uint32_t>(level), filters == nullptr ? Json() : *filters);
}

}  // namespace engram::codec
