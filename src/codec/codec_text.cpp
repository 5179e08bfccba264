// Codecs and chains of them as a user writes them, and what of them an array takes.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <string>
#include <vector>

#include "codec/configuration.hpp"
#include "codec/plugins.hpp"
#include "engram/base/error.hpp"
#include "engram/codec/codec.hpp"
#include "engram/codec/registry.hpp"

namespace engram::codec {
namespace {

std::vector<std::string_view> cut(std::string_view text, char at) {
  std::vector<std::string_view> parts;
  for (std::size_t end = 0; (end = text.find(at)) != std::string_view::npos;
       text.remove_prefix(end + 1))
    parts.push_back(text.substr(0, end));
  parts.push_back(text);
  return parts;
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

// A whole number stays one.
std::optional<Json> number_of(std::string_view text) {
  if (const auto whole = integer(text)) return Json(*whole);
  const char* const end = text.data() + text.size();
  double real = 0;
  if (const auto read = std::from_chars(text.data(), end, real);
      read.ec == std::errc() && read.ptr == end)
    return Json(real);
  return std::nullopt;
}

// What the numbers behind a name are, and how many there must be.
struct Form {
  std::string_view name;
  std::array<std::string_view, 2> members;
  std::size_t least, most;
};

constexpr std::array<Form, 4> kForms = {{{"delta", {}, 0, 0},
                                         {"wavpack", {"level", "bps"}, 0, 2},
                                         {"flac", {"level", ""}, 0, 1},
                                         {"anscombe-v1", {"conversion_gain", "zero_level"}, 2, 2}}};

const Form* form_of(std::string_view name) noexcept {
  for (const Form& form : kForms)
    if (form.name == name) return &form;
  return nullptr;
}

bool keeps_elements(std::string_view name) { return name == "delta" || name == "anscombe-v1"; }

[[noreturn]] void throw_no_codec(std::string_view text, const std::string& reason) {
  throw Error(ErrorCode::invalid_argument,
              fmt::format("{} names no codec{}: expected delta, wavpack:LEVEL, wavpack:LEVEL:BITS, "
                          "flac:LEVEL, anscombe-v1:GAIN:ZERO, zlib:LEVEL and so on, with + between "
                          "several, as in delta+blosc:zstd:5:bitshuffle",
                          excerpt(std::string(text)), reason));
}

CodecConfig config_of_form(const Form& form, std::string_view text) {
  const std::vector<std::string_view> parts = cut(text, ':');
  if (parts.size() - 1 < form.least || parts.size() - 1 > form.most) throw_no_codec(text, "");
  CodecConfig config{std::string(form.name), Json::object()};
  for (std::size_t i = 1; i < parts.size(); ++i) {
    const auto number = number_of(parts[i]);
    if (!number) throw_no_codec(text, "");
    config.configuration[std::string(form.members.at(i - 1))] = *number;
  }
  if (form.name == "delta") return config;  // Its type comes from the elements.
  try {
    return make_codec(config)->config();
  } catch (const Error& error) {
    throw_no_codec(text, fmt::format(" ({})", error.what()));
  }
}

bool takes(const CodecConfig& config, const DataType& type) {
  const bool integers = type.kind == Kind::integer || type.kind == Kind::unsigned_integer;
  if (config.name == "delta") return integers;
  if (!type.is_little_endian()) return form_of(config.name) == nullptr;
  if (config.name == "anscombe-v1") return integers && type.size == 2;
  if (config.name == "flac") return type == DataType::integer(2);
  if (config.name == "wavpack")
    return (type.kind == Kind::integer && type.size <= 4) || type == DataType::floating(4);
  return true;
}

}  // namespace

std::optional<CodecConfig> parse_codec(std::string_view text) {
  if (text == "none") return std::nullopt;
  std::string reason;
  try {
    if (const auto config = config_of(cut(text, ':'))) return make_codec(*config)->config();
  } catch (const Error& error) {
    reason = fmt::format(" ({})", error.what());
  }
  throw Error(ErrorCode::invalid_argument,
              fmt::format("{} names no codec{}: expected none, zlib:LEVEL, gzip:LEVEL, bz2:LEVEL, "
                          "zstd:LEVEL, lzma:PRESET, lz4 or blosc:COMPRESSOR:LEVEL:SHUFFLE, as in "
                          "blosc:zstd:5:bitshuffle, or the name of a plugin's codec",
                          excerpt(std::string(text)), reason));
}

std::vector<CodecConfig> parse_codecs(std::string_view text) {
  std::vector<CodecConfig> codecs;
  const std::vector<std::string_view> parts = cut(text, '+');
  bool of_elements = true;
  for (const std::string_view part : parts) {
    const Form* const form = form_of(part.substr(0, part.find(':')));
    if (form != nullptr) {
      if (!of_elements)
        throw_no_codec(
            text,
            fmt::format(" ({} must stand before those that make bytes of elements)", form->name));
      codecs.push_back(config_of_form(*form, part));
    } else if (auto config = parse_codec(part)) {
      codecs.push_back(std::move(*config));
    } else if (parts.size() > 1) {
      throw_no_codec(text, " (none stands alone)");
    }
    of_elements = form != nullptr && keeps_elements(form->name);
  }
  return codecs;
}

FittedCodecs fit_codecs(const std::vector<CodecConfig>& codecs, const ChunkElements& elements) {
  FittedCodecs fitted;
  ChunkElements given = elements;
  for (const CodecConfig& config : codecs) {
    if (!takes(config, given.type)) {
      fitted.left_out.push_back(config.name);
      continue;
    }
    CodecConfig complete = config;
    if (config.name == "delta") complete.configuration["dtype"] = typestr(given.type);
    const BytesCodecPtr codec = make_codec(complete, given);
    fitted.codecs.push_back(codec->config());
    given = codec->encoded_elements(given);
  }
  return fitted;
}

}  // namespace engram::codec
