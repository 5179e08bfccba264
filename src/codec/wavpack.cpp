// WavPack by libwavpack, as wavpack-numcodecs writes it: a whole stream of signed integers of 1, 2
// or 4 bytes or of single precision, whose channels are the columns of a chunk of two dimensions.
// The stream says all that decoding needs. With `bps` it is hybrid without a correction: about so
// many bits a sample, and the rest is lost.
#include <fmt/format.h>
#include <wavpack/wavpack.h>

#include <algorithm>
#include <cstdio>
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

constexpr std::uint64_t kMostChannels = 4096;
constexpr std::uint64_t kBlockSamples = 120'000, kLeastBlockSamples = 16;
constexpr std::uint32_t kSampleRate = 32'000;  // Nothing asks for it; the original writes it.
constexpr std::uint64_t kWorkSamples = 16'384;
constexpr double kLeastBits = 2.25;
constexpr double kMostBits = 24;
constexpr int kNormalExponent = 127;
// What a block has beside its samples: its head, and what predicting starts from.
constexpr std::uint64_t kBlockHead = 4096;

struct CloseWavpack {
  void operator()(WavpackContext* context) const noexcept { WavpackCloseFile(context); }
};
using Wavpack = std::unique_ptr<WavpackContext, CloseWavpack>;

// --- Decoding: the library reads a file, which is the chunk ---

struct WavpackInput {
  BytesView bytes;
  std::size_t at = 0;
};

std::int32_t read_wavpack(void* id, void* to, std::int32_t count) {
  auto& input = *static_cast<WavpackInput*>(id);
  const std::size_t size =
      std::min(static_cast<std::size_t>(std::max(count, 0)), input.bytes.size() - input.at);
  if (size != 0) std::memcpy(to, input.bytes.data() + input.at, size);
  input.at += size;
  return static_cast<std::int32_t>(size);
}

std::int64_t wavpack_place(void* id) {
  return static_cast<std::int64_t>(static_cast<WavpackInput*>(id)->at);
}

int seek_wavpack(WavpackInput& input, std::int64_t place) {
  if (place < 0 || static_cast<std::uint64_t>(place) > input.bytes.size()) return -1;
  input.at = static_cast<std::size_t>(place);
  return 0;
}

int push_back_wavpack(void* id, int byte) {
  auto& input = *static_cast<WavpackInput*>(id);
  if (input.at == 0) return EOF;
  --input.at;
  return byte;
}

WavpackStreamReader64 wavpack_reader() {
  WavpackStreamReader64 reader = {};
  reader.read_bytes = read_wavpack;
  reader.get_pos = wavpack_place;
  reader.set_pos_abs = [](void* id, std::int64_t place) {
    return seek_wavpack(*static_cast<WavpackInput*>(id), place);
  };
  reader.set_pos_rel = [](void* id, std::int64_t delta, int mode) {
    auto& input = *static_cast<WavpackInput*>(id);
    const auto size = static_cast<std::int64_t>(input.bytes.size());
    const auto at = static_cast<std::int64_t>(input.at);
    return seek_wavpack(input, delta + (mode == SEEK_SET ? 0 : mode == SEEK_CUR ? at : size));
  };
  reader.push_back_byte = push_back_wavpack;
  reader.get_length = [](void* id) {
    return static_cast<std::int64_t>(static_cast<WavpackInput*>(id)->bytes.size());
  };
  // Seeking would only make it look for tags at the end.
  reader.can_seek = [](void*) { return 0; };
  reader.close = [](void*) { return 0; };
  return reader;
}

// The lowest bytes of each number.
void narrow(const std::int32_t* numbers, std::size_t count, std::size_t size, std::byte* out) {
  if (size == sizeof(std::int32_t)) {
    std::memcpy(out, numbers, count * size);
    return;
  }
  for (std::size_t i = 0; i < count; ++i) std::memcpy(out + i * size, numbers + i, size);
}

void widen_numbers(const std::byte* in, std::size_t count, std::size_t size,
                   std::int32_t* numbers) {
  const auto all = [&]<typename T>(std::type_identity<T>) {
    for (std::size_t i = 0; i < count; ++i) {
      T value;
      std::memcpy(&value, in + i * sizeof(T), sizeof(T));
      numbers[i] = value;  // NOLINT(bugprone-signed-char-misuse): it is a number.
    }
  };
  if (size == 1) all(std::type_identity<std::int8_t>());
  if (size == 2) all(std::type_identity<std::int16_t>());
  if (size == 4) std::memcpy(numbers, in, count * size);
}

[[noreturn]] void throw_damaged(std::string_view what) {
  throw Error(ErrorCode::corrupt_data, fmt::format("wavpack stream {}", what));
}

// --- Encoding ---

struct WavpackOutput {
  std::span<std::byte> room;
  std::size_t used = 0;
};

int write_wavpack(void* id, void* from, std::int32_t count) {
  auto& output = *static_cast<WavpackOutput*>(id);
  const auto size = static_cast<std::size_t>(count);
  if (count < 0 || size > output.room.size() - output.used) return 0;
  if (size != 0) std::memcpy(output.room.data() + output.used, from, size);
  output.used += size;
  return 1;
}

struct WavpackSettings {
  std::int64_t level = 1;
  double bits = 0;  ///< 0: all of them.
  bool shapes_noise = true;
  double weight = 0;
};

class WavpackCodec final : public ConfiguredCodec {
 public:
  WavpackCodec(CodecConfig config, const WavpackSettings& settings, ChunkElements elements)
      : ConfiguredCodec(std::move(config)), settings_(settings), elements_(std::move(elements)) {}

  std::string loss() const override {
    if (settings_.bits == 0) return {};
    return fmt::format("about {} bits of a sample are kept, with no bound on how much one changes",
                       settings_.bits);
  }

  std::uint64_t max_encoded_size(std::uint64_t decoded_size) const override {
    constexpr std::string_view kWhat = "the size of an encoded chunk";
    const std::uint64_t blocks = decoded_size / (kBlockSamples / 2) + 1;
    const std::uint64_t heads =
        checked_multiply(checked_add(blocks, channels(), kWhat), kBlockHead, kWhat);
    return checked_add(checked_multiply(decoded_size, 2, kWhat), heads, kWhat);
  }

  std::uint64_t encode(BytesView in, std::span<std::byte> out, std::uint64_t) const override {
    check_elements(in.size());
    WavpackOutput output{out};
    Wavpack context(WavpackOpenFileOutput(write_wavpack, &output, nullptr));
    if (context == nullptr) throw std::bad_alloc();
    const std::uint64_t samples = in.size() / elements_.type.size / channels();
    WavpackConfig config = configuration(samples);
    const auto require = [&](int worked) {
      if (worked == 0)
        throw Error(ErrorCode::invalid_argument,
                    fmt::format("wavpack can't encode {} samples of {} channels of \"{}\": {}",
                                samples, channels(), typestr(elements_.type),
                                WavpackGetErrorMessage(context.get())));
    };
    require(WavpackSetConfiguration64(context.get(), &config, static_cast<std::int64_t>(samples),
                                      nullptr));
    require(WavpackPackInit(context.get()));
    const std::uint64_t step = std::max<std::uint64_t>(kWorkSamples / channels(), 1);
    const auto work = std::make_unique_for_overwrite<std::int32_t[]>(step * channels());
    for (std::uint64_t at = 0; at < samples; at += step) {
      const std::uint64_t count = std::min(step, samples - at);
      const std::uint64_t frame = channels() * elements_.type.size;
      widen_numbers(in.data() + at * frame, count * channels(), elements_.type.size, work.get());
      require(WavpackPackSamples(context.get(), work.get(), static_cast<std::uint32_t>(count)));
    }
    require(WavpackFlushSamples(context.get()));
    return output.used;
  }

  std::uint64_t decode(BytesView in, std::span<std::byte> out) const override {
    WavpackInput input{in};
    WavpackStreamReader64 reader = wavpack_reader();
    char message[81] = {};
    const Wavpack context(WavpackOpenFileInputEx64(&reader, &input, nullptr, message, 0, 0));
    if (context == nullptr) throw_damaged(fmt::format("of {} bytes: {}", in.size(), message));
    const auto channels = static_cast<std::uint64_t>(WavpackGetNumChannels(context.get()));
    const auto size = static_cast<std::uint64_t>(WavpackGetBytesPerSample(context.get()));
    const std::int64_t samples = WavpackGetNumSamples64(context.get());
    if (size != 1 && size != 2 && size != 4)
      throw Error(
          ErrorCode::unsupported,
          fmt::format("wavpack stream has samples of {} bytes, and elements have 1, 2 or 4", size));
    if (channels == 0 || channels > kMostChannels || samples < 0)
      throw_damaged(fmt::format("says that it has {} samples of {} channels", samples, channels));
    const std::uint64_t frame = channels * size;
    const auto count = static_cast<std::uint64_t>(samples);
    if (count > out.size() / frame)
      throw_damaged(
          fmt::format("says that it decodes to {} samples of {} bytes, expected at most "
                      "{} bytes",
                      count, frame, out.size()));
    const std::uint64_t step = std::max<std::uint64_t>(kWorkSamples / channels, 1);
    const auto work = std::make_unique_for_overwrite<std::int32_t[]>(step * channels);
    std::uint64_t at = 0;
    while (at < count) {
      const std::uint64_t wanted = std::min(step, count - at);
      const std::uint64_t got =
          WavpackUnpackSamples(context.get(), work.get(), static_cast<std::uint32_t>(wanted));
      if (got == 0 || got > wanted) break;
      narrow(work.get(), got * channels, size, out.data() + at * frame);
      at += got;
    }
    if (at != count || WavpackGetNumErrors(context.get()) != 0)
      throw_damaged(
          fmt::format("of {} bytes is damaged or cut short: {} of {} samples are there, "
                      "{} blocks are wrong",
                      in.size(), at, count, WavpackGetNumErrors(context.get())));
    return count * frame;
  }

 private:
  std::uint64_t channels() const noexcept { return channels_of(elements_, kMostChannels); }

  void check_elements(std::uint64_t size) const {
    const DataType& type = elements_.type;
    const bool numbers = (type.kind == Kind::integer && type.size <= 4) ||
                         (type.kind == Kind::floating && type.size == 4);
    if (!numbers || !type.is_little_endian())
      throw Error(ErrorCode::invalid_argument,
                  fmt::format("codec wavpack of \"{}\": it takes \"|i1\", \"<i2\", \"<i4\" and "
                              "\"<f4\"",
                              typestr(type)));
    if (size == 0 || size % (channels() * type.size) != 0)
      throw Error(ErrorCode::invalid_argument,
                  fmt::format("codec wavpack takes whole samples of {} channels of {} bytes, {} "
                              "bytes are none",
                              channels(), type.size, size));
  }

  // As the original sets it, so that the stream is the same.
  WavpackConfig configuration(std::uint64_t samples) const {
    WavpackConfig config = {};
    const bool real = elements_.type.kind == Kind::floating;
    config.num_channels = static_cast<int>(channels());
    config.bytes_per_sample = static_cast<int>(elements_.type.size);
    config.bits_per_sample = 8 * config.bytes_per_sample;
    config.sample_rate = static_cast<std::int32_t>(kSampleRate);
    config.float_norm_exp = real ? kNormalExponent : 0;
    std::uint64_t block = samples;
    while (block > kBlockSamples) block = (block + 1) / 2;
    // The library chooses where it refuses: for chunks that the original can't encode.
    config.block_samples = block < kLeastBlockSamples ? 0 : static_cast<int>(block);
    config.flags = CONFIG_PAIR_UNDEF_CHANS;
    if (settings_.level == 1) config.flags |= CONFIG_FAST_FLAG;
    if (settings_.level >= 3) config.flags |= CONFIG_HIGH_FLAG;
    if (settings_.level == 4) config.flags |= CONFIG_VERY_HIGH_FLAG;
    if (settings_.bits > 0) {
      config.flags |= CONFIG_HYBRID_FLAG;
      config.bitrate = static_cast<float>(settings_.bits);
      // The library takes the weight with another flag only, which the original does not set.
      if (!settings_.shapes_noise) {
        config.flags |= CONFIG_SHAPE_OVERRIDE;
        config.shaping_weight = static_cast<float>(settings_.weight);
      }
    }
    return config;
  }

  WavpackSettings settings_;
  ChunkElements elements_;
};

double wavpack_number(const CodecConfig& config, std::string_view member, double least,
                      double most) {
  const Json* found = optional_member(config, member);
  if (found == nullptr) return 0;
  if (!found->is_number() || !(found->get<double>() >= least && found->get<double>() <= most))
    throw Error(ErrorCode::invalid_argument,
                fmt::format("codec wavpack: {} is {}, expected a number from {} to {}", member,
                            excerpt(*found), least, most));
  return found->get<double>();
}

}  // namespace

BytesCodecPtr make_wavpack(const CodecConfig& config, const ChunkElements& elements) {
  WavpackSettings settings;
  settings.level = integer_member(config, "level", 1, 1, 4);
  settings.bits = wavpack_number(config, "bps", 0, kMostBits);
  if (settings.bits > 0) settings.bits = std::max(settings.bits, kLeastBits);
  settings.shapes_noise = boolean_member(config, "dynamic_noise_shaping", true);
  settings.weight = wavpack_number(config, "shaping_weight", -1, 1);
  return std::make_shared<WavpackCodec>(
      CodecConfig{
          "wavpack",
          {{"level", settings.level},
           {"bps", settings.bits},
           {"dynamic_noise_shaping", settings.shapes_noise},
           {"shaping_weight", settings.weight},
           {"num_encoding_threads", integer_member(config, "num_encoding_threads", 1, 0, 15)},
           {"num_decoding_threads", integer_member(config, "num_decoding_threads", 8, 0, 15)}}},
      settings, elements);
}

}  // namespace engram::codec
