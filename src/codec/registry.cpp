#include "engram/codec/registry.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <string>
#include <vector>

#include "codec/codecs.hpp"
#include "codec/configuration.hpp"
#include "codec/plugins.hpp"
#include "engram/base/error.hpp"
#include "engram/codec/object_codec.hpp"

namespace engram::codec {
namespace {

constexpr std::array<BuiltIn, 26> kCodecs = {
    {{"adler32", make_adler32},   {"anscombe-v1", make_anscombe},
     {"astype", make_astype},     {"base64", make_base64},
     {"bitround", make_bitround}, {"blosc", make_blosc},
     {"bz2", make_bz2},           {"categorize", make_categorize},
     {"crc32", make_crc32},       {"crc32c", make_crc32c},
     {"delta", make_delta},       {"fixedscaleoffset", make_fixedscaleoffset},
     {"flac", make_flac},         {"fletcher32", make_fletcher32},
     {"gzip", make_gzip},         {"jenkins_lookup3", make_jenkins_lookup3},
     {"lz4", make_lz4},           {"lzma", make_lzma},
     {"packbits", make_packbits}, {"poisson", make_poisson},
     {"quantize", make_quantize}, {"shuffle", make_shuffle},
     {"wavpack", make_wavpack},   {"zfpy", make_zfpy},
     {"zlib", make_zlib},         {"zstd", make_zstd}}};

const BuiltIn* find(std::string_view name) noexcept {
  const auto found = std::find_if(kCodecs.begin(), kCodecs.end(),
                                  [name](const BuiltIn& entry) { return entry.name == name; });
  return found == kCodecs.end() ? nullptr : &*found;
}

// What a user may ask for, with the level that is taken when none is named.
struct Level {
  std::string_view name, member;
  std::int64_t usual;
};

constexpr std::array<Level, 6> kLevels = {{{"zlib", "level", 6},
                                           {"gzip", "level", 6},
                                           {"bz2", "level", 9},
                                           {"lzma", "preset", 6},
                                           {"zstd", "level", 3},
                                           {"lz4", "acceleration", 1}}};

constexpr std::array<std::string_view, 3> kShuffles = {"noshuffle", "shuffle", "bitshuffle"};

std::vector<std::string_view> split(std::string_view text) {
  std::vector<std::string_view> parts;
  for (std::size_t colon = 0; (colon = text.find(':')) != std::string_view::npos;
       text.remove_prefix(colon + 1))
    parts.push_back(text.substr(0, colon));
  parts.push_back(text);
  return parts;
}

std::optional<std::int64_t> integer(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// The configuration that `parts` spell, or nullopt when they spell none.
std::optional<CodecConfig> blosc_of(const std::vector<std::string_view>& parts) {
  CodecConfig config{"blosc", {{"cname", "zstd"}, {"clevel", 5}, {"shuffle", 1}, {"blocksize", 0}}};
  std::size_t at = 1;
  if (at < parts.size()) config.configuration["cname"] = std::string(parts[at++]);
  if (at < parts.size()) {
    if (const auto level = integer(parts[at])) {
      config.configuration["clevel"] = *level;
      ++at;
    }
  }
  if (at < parts.size()) {
    const auto* const shuffle = std::find(kShuffles.begin(), kShuffles.end(), parts[at++]);
    if (shuffle == kShuffles.end()) return std::nullopt;
    config.configuration["shuffle"] = shuffle - kShuffles.begin();
  }
  if (at < parts.size()) return std::nullopt;
  return config;
}

// "name" or "name:member=value,member=value"; a value is JSON, or else text.
std::optional<CodecConfig> plugin_config_of(const std::vector<std::string_view>& parts) {
  if (parts.size() > 2) return std::nullopt;
  CodecConfig config{std::string(parts[0]), Json::object()};
  std::string_view left = parts.size() == 2 ? parts[1] : std::string_view();
  while (!left.empty()) {
    const std::string_view one = left.substr(0, left.find(','));
    left.remove_prefix(std::min(one.size() + 1, left.size()));
    const std::size_t equals = one.find('=');
    if (equals == 0 || equals == std::string_view::npos) return std::nullopt;
    const std::string value(one.substr(equals + 1));
    Json json = Json::parse(value, nullptr, false);
    config.configuration[std::string(one.substr(0, equals))] =
        json.is_discarded() ? Json(value) : std::move(json);
  }
  return with_version(std::move(config));
}

std::optional<CodecConfig> config_of(const std::vector<std::string_view>& parts) {
  if (find_plugin(parts[0]) != nullptr) return plugin_config_of(parts);
  if (parts[0] == "blosc") return blosc_of(parts);
  const auto* const known =
      std::find_if(kLevels.begin(), kLevels.end(),
                   [&parts](const Level& level) { return level.name == parts[0]; });
  if (known == kLevels.end() || parts.size() > 2) return std::nullopt;
  std::optional<std::int64_t> level = known->usual;
  if (parts.size() == 2) level = integer(parts[1]);
  if (!level) return std::nullopt;
  return CodecConfig{std::string(known->name), {{std::string(known->member), *level}}};
}

}  // namespace

ChunkElements BytesCodec::encoded_elements(const ChunkElements&) const { return {}; }

std::span<const BuiltIn> built_in_codecs() noexcept { return kCodecs; }

BytesCodecPtr make_codec(const CodecConfig& config, const ChunkElements& elements) {
  const BuiltIn* entry = find(config.name);
  if (entry == nullptr) {
    if (const PluginEntry* const plugin = find_plugin(config.name))
      return make_plugin_codec(*plugin, config, elements);
    const std::string name = excerpt(config.name);
    if (is_object_codec(config.name))
      throw Error(ErrorCode::unsupported,
                  fmt::format("codec {} makes bytes of objects: it must be the first filter of an "
                              "array of objects (\"|O\")",
                              name));
    std::string known;
    for (const CodecInfo& each : known_codecs())
      known += fmt::format("{}{}", known.empty() ? "" : ", ", each.name);
    const auto version = said_version(config);
    throw Error(
        ErrorCode::unsupported,
        fmt::format(
            "codec {}{} is not known; there are {}. Install a plugin for engram that has it "
            "(ENGRAM_PLUGIN_PATH, docs/plugins.md), or write the array again with one of "
            "them, with the program that made it or with zarr-python and the package that "
            "has the codec",
            name, version ? " (its data are of version " + to_string(*version) + ")" : "", known));
  }
  (void)readable_version(config, {kBuiltInVersion}, "install a newer engram");
  return entry->make(config, elements);
}

bool is_known_codec(std::string_view name) noexcept {
  return find(name) != nullptr || find_plugin(name) != nullptr;
}

std::optional<CodecConfig> parse_codec(std::string_view text) {
  if (text == "none") return std::nullopt;
  std::string reason;
  try {
    if (const auto config = config_of(split(text))) return make_codec(*config)->config();
  } catch (const Error& error) {
    reason = fmt::format(" ({})", error.what());
  }
  throw Error(ErrorCode::invalid_argument,
              fmt::format("{} names no codec{}: expected none, zlib:LEVEL, gzip:LEVEL, bz2:LEVEL, "
                          "zstd:LEVEL, lzma:PRESET, lz4 or blosc:COMPRESSOR:LEVEL:SHUFFLE, as in "
                          "blosc:zstd:5:bitshuffle, or the name of a plugin's codec",
                          excerpt(std::string(text)), reason));
}

}  // namespace engram::codec
