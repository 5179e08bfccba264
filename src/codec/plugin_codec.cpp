#include "codec/plugin_codec.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <exception>
#include <memory>
#include <utility>

#include "codec/codecs.hpp"
#include "engram/base/error.hpp"
#include "engram/base/json.hpp"
#include "engram/base/utf8.hpp"

namespace engram::codec {
namespace {

// Behind what a plugin may write lie bytes that must be as they were afterwards.
constexpr std::size_t kGuardSize = 256;
constexpr std::byte kGuard{0xa5};
// No codec makes more of a chunk than this; a plugin that says so is wrong, or wants all memory.
constexpr std::uint64_t kMostGrowth = 16;
constexpr std::uint64_t kMostHead = 1U << 20U;
constexpr std::size_t kMessageSize = 1024;
constexpr std::size_t kJsonSize = 64U << 10U;
constexpr std::size_t kMostFilterValues = 1024;

// What a function of a plugin is called with, and what it says.
class Call {
 public:
  explicit Call(std::string who) : who_(std::move(who)) { text_.fill('\0'); }

  engram_message* message() noexcept { return &message_; }

  // Runs `function`; throws when it does not return ENGRAM_OK, or throws.
  template <typename Function>
  void run(Function function) {
    engram_status status = ENGRAM_FAILED;
    try {
      status = function();
    } catch (const std::exception& error) {
      fail(fmt::format("it threw an exception ({}), which a plugin must not", error.what()));
    } catch (...) {
      fail("it threw an exception, which a plugin must not");
    }
    if (status == ENGRAM_OK) return;
    text_.back() = '\0';
    const std::string said = text_.data();
    throw Error(code_of(status), fmt::format("{}: {}", who_,
                                             said.empty() ? "it failed and does not say why"
                                                          : printable(said, kMessageSize)));
  }

  // The plugin has done what it must not do.
  [[noreturn]] void fail(const std::string& what) const {
    throw Error(ErrorCode::unsupported,
                fmt::format("{}: {}; the plugin must be mended, or left out", who_, what));
  }

 private:
  static ErrorCode code_of(engram_status status) noexcept {
    switch (status) {
      case ENGRAM_CORRUPT_DATA:
        return ErrorCode::corrupt_data;
      case ENGRAM_INVALID_ARGUMENT:
        return ErrorCode::invalid_argument;
      case ENGRAM_LIMIT_EXCEEDED:
        return ErrorCode::limit_exceeded;
      case ENGRAM_OK:
      case ENGRAM_UNSUPPORTED:
      case ENGRAM_FAILED:
        break;
    }
    return ErrorCode::unsupported;
  }

  std::string who_;
  std::array<char, kMessageSize> text_{};
  engram_message message_{text_.data(), text_.size()};
};

std::string name_of(const PluginEntry& entry, const FormatVersion& version) {
  return fmt::format("codec {} {} (plugin {})", entry.name, to_string(version), entry.file);
}

// As C has it. Good as long as `elements` lives.
struct PlainElements {
  explicit PlainElements(const ChunkElements& elements)
      : type(elements.type.size > 0 ? typestr(elements.type) : ""),
        plain{sizeof(engram_elements), type.empty() ? nullptr : type.c_str(),
              std::max<std::uint64_t>(1, elements.type.size),
              static_cast<std::uint32_t>(elements.shape.size()),
              elements.shape.empty() ? nullptr : elements.shape.data()} {}

  PlainElements(const PlainElements&) = delete;
  PlainElements& operator=(const PlainElements&) = delete;

  const std::string type;
  const engram_elements plain;
};

// The codec's own members.
std::string own_configuration(const CodecConfig& config) {
  Json own = config.configuration.is_null() ? Json::object() : config.configuration;
  own.erase(kCodecVersion);
  return dump_json(own, JsonStyle::line);
}

class PluginCodec final : public ConfiguredCodec {
 public:
  PluginCodec(const PluginEntry& entry, CodecConfig config, const FormatVersion& version,
              const ChunkElements& elements)
      : ConfiguredCodec(std::move(config)), codec_(*entry.codec), who_(name_of(entry, version)) {
    const PlainElements given(elements);
    const std::string own = own_configuration(this->config()), said = to_string(version);
    Call call(who_);
    call.run([&] {
      return codec_.open(own.c_str(), said.c_str(), &given.plain, &state_, call.message());
    });
  }

  ~PluginCodec() override {
    try {
      codec_.close(state_);
    } catch (...) {  // NOLINT(bugprone-empty-catch): there is nobody to tell.
    }
  }

  PluginCodec(const PluginCodec&) = delete;
  PluginCodec& operator=(const PluginCodec&) = delete;

  std::uint64_t max_encoded_size(std::uint64_t decoded_size) const override {
    std::uint64_t size = 0;
    Call call(who_);
    call.run([&] {
      size = codec_.max_encoded_size(state_, decoded_size);
      return ENGRAM_OK;
    });
    if (size > kMostHead && (size - kMostHead) / kMostGrowth > decoded_size)
      call.fail(fmt::format("it says that it may make {} bytes of {}", size, decoded_size));
    return size;
  }

  std::uint64_t encode(BytesView in, std::span<std::byte> out, std::uint64_t) const override {
    return guarded(codec_.encode, in, out);
  }

  std::uint64_t decode(BytesView in, std::span<std::byte> out) const override {
    return guarded(codec_.decode, in, out);
  }

  std::string loss() const override {
    if ((codec_.flags & ENGRAM_CODEC_LOSSY) == 0) return {};
    return "its plugin says that something is lost, and not how much";
  }

 private:
  std::uint64_t guarded(decltype(engram_codec::encode) function, BytesView in,
                        std::span<std::byte> out) const {
    const auto memory = std::make_unique_for_overwrite<std::byte[]>(out.size() + kGuardSize);
    const std::span<std::byte> guard(memory.get() + out.size(), kGuardSize);
    std::fill(guard.begin(), guard.end(), kGuard);
    std::uint64_t written = 0;
    Call call(who_);
    const auto check_guard = [&] {
      if (!std::all_of(guard.begin(), guard.end(), [](std::byte byte) { return byte == kGuard; }))
        call.fail(fmt::format("it wrote behind the {} bytes that it was given", out.size()));
    };
    try {
      call.run([&] {
        return function(state_, in.data(), in.size(), memory.get(), out.size(), &written,
                        call.message());
      });
    } catch (const Error&) {
      check_guard();
      throw;
    }
    check_guard();
    if (written > out.size())
      call.fail(fmt::format("it says that it wrote {} bytes, where it has room for {}", written,
                            out.size()));
    if (written > 0) std::memcpy(out.data(), memory.get(), static_cast<std::size_t>(written));
    return written;
  }

  const engram_codec& codec_;
  const std::string who_;
  void* state_ = nullptr;
};

}  // namespace

BytesCodecPtr make_plugin_codec(const PluginEntry& entry, const CodecConfig& config,
                                const ChunkElements& elements) {
  const FormatVersion version = readable_version(
      config, entry.versions, fmt::format("install a newer version of the plugin {}", entry.file));
  return std::make_shared<PluginCodec>(entry, config, version, elements);
}

std::optional<CodecConfig> plugin_configuration(const PluginEntry& entry,
                                                std::span<const std::uint32_t> values) {
  if (entry.codec->configuration_from_hdf5 == nullptr) return std::nullopt;
  const FormatVersion written = entry.versions.back();
  std::string text(kJsonSize, '\0');
  Call call(name_of(entry, written));
  call.run([&] {
    return entry.codec->configuration_from_hdf5(values.data(), values.size(), text.data(),
                                                text.size(), call.message());
  });
  text.resize(std::min(text.size(), text.find('\0')));
  CodecConfig config{entry.name, Json::object()};
  try {
    config.configuration = parse_json(text);
  } catch (const Error& error) {
    call.fail(fmt::format("it makes no JSON of an HDF5 filter ({})", error.what()));
  }
  if (!config.configuration.is_object()) call.fail("it makes no JSON object of an HDF5 filter");
  if (!config.configuration.contains(kCodecVersion))
    config.configuration[kCodecVersion] = to_string(written);
  return config;
}

std::optional<std::vector<std::uint32_t>> plugin_filter_values(const PluginEntry& entry,
                                                               const CodecConfig& config,
                                                               const ChunkElements& elements) {
  if (entry.codec->configuration_to_hdf5 == nullptr) return std::nullopt;
  const PlainElements given(elements);
  // With its version: what HDF5 keeps of it is up to the plugin.
  const std::string text = dump_json(config.configuration, JsonStyle::line);
  std::vector<std::uint32_t> values(kMostFilterValues);
  std::size_t count = values.size();
  Call call(name_of(entry, entry.versions.back()));
  call.run([&] {
    return entry.codec->configuration_to_hdf5(text.c_str(), &given.plain, values.data(), &count,
                                              call.message());
  });
  if (count > values.size())
    call.fail("it has more values for an HDF5 filter than there is room for");
  values.resize(count);
  return values;
}

}  // namespace engram::codec
