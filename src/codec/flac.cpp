// FLAC by libFLAC, as flac-numcodecs writes it: a whole file of samples of 16 bits, of one or two
// channels, the columns of a chunk of two dimensions. No loss.
#include <FLAC/stream_decoder.h>
#include <FLAC/stream_encoder.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <string>
#include <utility>

#include "codec/channels.hpp"
#include "codec/codecs.hpp"
#include "codec/configuration.hpp"
#include "engram/base/error.hpp"

namespace engram::codec {
namespace {

constexpr std::uint64_t kFlacChannels = 2;  // More are one, as the original has it.
constexpr std::uint64_t kSampleBytes = 2;
constexpr std::uint64_t kUsualRate = 48'000;
// What a stream may have in a block so that every player can take it.
constexpr std::uint64_t kShortBlock = 4608, kLongBlock = 16'384, kLeastBlock = 16;
constexpr std::uint64_t kFlacWork = 32'768;

struct FreeFlac {
  void operator()(FLAC__StreamDecoder* decoder) const noexcept {
    FLAC__stream_decoder_delete(decoder);
  }
  void operator()(FLAC__StreamEncoder* encoder) const noexcept {
    FLAC__stream_encoder_delete(encoder);
  }
};

// --- Decoding: nothing may be thrown through the library ---

struct FlacInput {
  BytesView bytes;
  std::size_t at = 0;
  std::span<std::byte> out;
  std::size_t made = 0;
  std::string fault;  ///< What is wrong, once something is.
};

FLAC__StreamDecoderReadStatus read_flac(const FLAC__StreamDecoder*, FLAC__byte to[],
                                        std::size_t* count, void* id) {
  auto& input = *static_cast<FlacInput*>(id);
  *count = std::min(*count, input.bytes.size() - input.at);
  if (*count == 0) return FLAC__STREAM_DECODER_READ_STATUS_END_OF_STREAM;
  std::memcpy(to, input.bytes.data() + input.at, *count);
  input.at += *count;
  return FLAC__STREAM_DECODER_READ_STATUS_CONTINUE;
}

void take_samples(FlacInput& input, const FLAC__FrameHeader& head,
                  const FLAC__int32* const from[]) {
  const std::size_t size = std::size_t{head.blocksize} * head.channels * kSampleBytes;
  if (head.bits_per_sample != 8 * kSampleBytes) {
    input.fault = fmt::format("has samples of {} bits, expected 16", head.bits_per_sample);
  } else if (size > input.out.size() - input.made) {
    input.fault = fmt::format("decodes to more than the {} bytes expected", input.out.size());
  } else {
    std::byte* to = input.out.data() + input.made;
    for (std::size_t i = 0; i < head.blocksize; ++i) {
      for (std::size_t channel = 0; channel < head.channels; ++channel, to += kSampleBytes) {
        const auto sample = static_cast<std::int16_t>(from[channel][i]);
        std::memcpy(to, &sample, kSampleBytes);
      }
    }
    input.made += size;
  }
}

FLAC__StreamDecoderWriteStatus flac_decoded(const FLAC__StreamDecoder*, const FLAC__Frame* frame,
                                            const FLAC__int32* const from[], void* id) {
  auto& input = *static_cast<FlacInput*>(id);
  try {
    if (input.fault.empty()) take_samples(input, frame->header, from);
    if (input.fault.empty()) return FLAC__STREAM_DECODER_WRITE_STATUS_CONTINUE;
  } catch (const std::exception&) {
    input.fault.assign("?", 1);
  }
  return FLAC__STREAM_DECODER_WRITE_STATUS_ABORT;
}

void flac_failed(const FLAC__StreamDecoder*, FLAC__StreamDecoderErrorStatus status, void* id) {
  std::string& fault = static_cast<FlacInput*>(id)->fault;
  try {
    if (fault.empty())
      fault = fmt::format("is damaged: {}", FLAC__StreamDecoderErrorStatusString[status]);
  } catch (const std::exception&) {
    fault.assign("?", 1);
  }
}

[[noreturn]] void throw_flac(BytesView in, std::string_view what) {
  throw Error(ErrorCode::corrupt_data, fmt::format("flac stream of {} bytes {}", in.size(), what));
}

// --- Encoding: the head is written again at the end, when it is known ---

struct FlacOutput {
  std::span<std::byte> room;
  std::size_t at = 0, used = 0;
};

FLAC__StreamEncoderWriteStatus write_flac(const FLAC__StreamEncoder*, const FLAC__byte from[],
                                          std::size_t count, std::uint32_t, std::uint32_t,
                                          void* id) {
  auto& output = *static_cast<FlacOutput*>(id);
  if (count > output.room.size() - output.at) return FLAC__STREAM_ENCODER_WRITE_STATUS_FATAL_ERROR;
  std::memcpy(output.room.data() + output.at, from, count);
  output.at += count;
  output.used = std::max(output.used, output.at);
  return FLAC__STREAM_ENCODER_WRITE_STATUS_OK;
}

FLAC__StreamEncoderSeekStatus seek_flac(const FLAC__StreamEncoder*, FLAC__uint64 place, void* id) {
  auto& output = *static_cast<FlacOutput*>(id);
  if (place > output.used) return FLAC__STREAM_ENCODER_SEEK_STATUS_ERROR;
  output.at = place;
  return FLAC__STREAM_ENCODER_SEEK_STATUS_OK;
}

FLAC__StreamEncoderTellStatus tell_flac(const FLAC__StreamEncoder*, FLAC__uint64* place, void* id) {
  *place = static_cast<FlacOutput*>(id)->at;
  return FLAC__STREAM_ENCODER_TELL_STATUS_OK;
}

struct FlacSettings {
  std::int64_t level = 5, block = 0, rate = kUsualRate;
  bool has_block = false;
};

class FlacCodec final : public ConfiguredCodec {
 public:
  FlacCodec(CodecConfig config, const FlacSettings& settings, ChunkElements elements)
      : ConfiguredCodec(std::move(config)), settings_(settings), elements_(std::move(elements)) {}

  // Blocks of 16 samples, none of them compressible, come to less.
  std::uint64_t max_encoded_size(std::uint64_t decoded_size) const override {
    constexpr std::string_view kWhat = "the size of an encoded chunk";
    return checked_add(checked_multiply(decoded_size, 2, kWhat), 4096, kWhat);
  }

  std::uint64_t encode(BytesView in, std::span<std::byte> out, std::uint64_t) const override {
    check_elements(in.size());
    const std::unique_ptr<FLAC__StreamEncoder, FreeFlac> encoder(FLAC__stream_encoder_new());
    if (encoder == nullptr) throw std::bad_alloc();
    const std::uint64_t samples = in.size() / kSampleBytes / channels();
    configure(encoder.get(), samples);
    FlacOutput output{out};
    const auto status = FLAC__stream_encoder_init_stream(encoder.get(), write_flac, seek_flac,
                                                         tell_flac, nullptr, &output);
    if (status != FLAC__STREAM_ENCODER_INIT_STATUS_OK)
      throw Error(
          ErrorCode::invalid_argument,
          fmt::format("codec flac can't encode with {}: {}", excerpt(config().configuration),
                      FLAC__StreamEncoderInitStatusString[status]));
    const std::uint64_t step = kFlacWork / channels();
    const auto work = std::make_unique_for_overwrite<FLAC__int32[]>(step * channels());
    bool worked = true;
    for (std::uint64_t at = 0; worked && at < samples; at += step) {
      const std::uint64_t count = std::min(step, samples - at);
      for (std::uint64_t i = 0; i < count * channels(); ++i) {
        std::int16_t sample = 0;
        std::memcpy(&sample, in.data() + (at * channels() + i) * kSampleBytes, kSampleBytes);
        work[i] = sample;
      }
      worked = FLAC__stream_encoder_process_interleaved(encoder.get(), work.get(),
                                                        static_cast<std::uint32_t>(count)) != 0;
    }
    worked = FLAC__stream_encoder_finish(encoder.get()) != 0 && worked;
    if (!worked)
      throw Error(ErrorCode::invalid_argument,
                  fmt::format("flac can't encode {} bytes into {}", in.size(), out.size()));
    return output.used;
  }

  std::uint64_t decode(BytesView in, std::span<std::byte> out) const override {
    const std::unique_ptr<FLAC__StreamDecoder, FreeFlac> decoder(FLAC__stream_decoder_new());
    if (decoder == nullptr) throw std::bad_alloc();
    FlacInput input{in, 0, out, 0, {}};
    const auto status =
        FLAC__stream_decoder_init_stream(decoder.get(), read_flac, nullptr, nullptr, nullptr,
                                         nullptr, flac_decoded, nullptr, flac_failed, &input);
    if (status != FLAC__STREAM_DECODER_INIT_STATUS_OK) throw std::bad_alloc();
    const bool worked = FLAC__stream_decoder_process_until_end_of_stream(decoder.get()) != 0;
    if (!input.fault.empty()) throw_flac(in, input.fault);
    const auto state = FLAC__stream_decoder_get_state(decoder.get());
    if (!worked || state != FLAC__STREAM_DECODER_END_OF_STREAM)
      throw_flac(in, fmt::format("can't be decoded: {}", FLAC__StreamDecoderStateString[state]));
    const std::uint64_t said = FLAC__stream_decoder_get_total_samples(decoder.get()) *
                               FLAC__stream_decoder_get_channels(decoder.get()) * kSampleBytes;
    if (input.made == 0 || (said != 0 && said != input.made))
      throw_flac(
          in, fmt::format("says that it decodes to {} bytes, and {} came of it", said, input.made));
    return input.made;
  }

 private:
  std::uint64_t channels() const noexcept { return channels_of(elements_, kFlacChannels); }

  void check_elements(std::uint64_t size) const {
    if (elements_.type != DataType::integer(2))
      throw Error(
          ErrorCode::invalid_argument,
          fmt::format("codec flac of \"{}\": it takes \"<i2\" only", typestr(elements_.type)));
    if (size == 0 || size % (kSampleBytes * channels()) != 0)
      throw Error(ErrorCode::invalid_argument,
                  fmt::format("codec flac takes whole samples of {} channels of 2 bytes, {} bytes "
                              "are none",
                              channels(), size));
  }

  void configure(FLAC__StreamEncoder* encoder, std::uint64_t samples) const {
    const std::uint64_t most =
        static_cast<std::uint64_t>(settings_.rate) <= kUsualRate ? kShortBlock : kLongBlock;
    std::uint64_t block = samples > kLeastBlock ? std::min(samples, most) : 0;
    if (settings_.has_block) block = std::min(static_cast<std::uint64_t>(settings_.block), most);
    FLAC__stream_encoder_set_channels(encoder, static_cast<std::uint32_t>(channels()));
    FLAC__stream_encoder_set_bits_per_sample(encoder, 8 * kSampleBytes);
    FLAC__stream_encoder_set_sample_rate(encoder, static_cast<std::uint32_t>(settings_.rate));
    FLAC__stream_encoder_set_compression_level(encoder,
                                               static_cast<std::uint32_t>(settings_.level));
    FLAC__stream_encoder_set_blocksize(encoder, static_cast<std::uint32_t>(block));
  }

  FlacSettings settings_;
  ChunkElements elements_;
};

}  // namespace

BytesCodecPtr make_flac(const CodecConfig& config, const ChunkElements& elements) {
  FlacSettings settings;
  settings.level = integer_member(config, "level", 5, 0, 8);
  settings.rate = integer_member(config, "sample_rate", kUsualRate, 1, FLAC__MAX_SAMPLE_RATE);
  settings.has_block = optional_member(config, "blocksize") != nullptr;
  if (settings.has_block)
    settings.block = integer_member(config, "blocksize", 0, 0, FLAC__MAX_BLOCK_SIZE);
  return std::make_shared<FlacCodec>(
      // The original keeps its files for a moment in a directory, which is of no use to others.
      CodecConfig{"flac",
                  {{"tmpdir", nullptr},
                   {"level", settings.level},
                   {"blocksize", settings.has_block ? Json(settings.block) : Json(nullptr)},
                   {"sample_rate", settings.rate}}},
      settings, elements);
}

}  // namespace engram::codec
