// Chains of codecs as a user writes them, and what of them an array takes.
#include <fmt/format.h>

#include <array>
#include <charconv>
#include <string>
#include <vector>

#include "codec/configuration.hpp"
#include "engram/base/error.hpp"
#include "engram/codec/codec.hpp"

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

// A whole number stays one.
std::optional<Json> number_of(std::string_view text) {
  const char* const end = text.data() + text.size();
  std::int64_t whole = 0;
  if (const auto read = std::from_chars(text.data(), end, whole);
      read.ec == std::errc() && read.ptr == end)
    return Json(whole);
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
