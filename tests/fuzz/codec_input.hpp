#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engram/codec/codec.hpp"
#include "fuzz/seeds.hpp"
#include "fuzz/target.hpp"

namespace engram::fuzz {

/// A chunk for a codec: a line with the codec's configuration and the size of the output, as a JSON
/// list, and the bytes behind it.
struct CodecInput {
  CodecConfig config;
  std::uint64_t room = 0;  ///< At most 1 MiB.
  std::string_view encoded;
};

/// `codec` as it stands in metadata.
inline CodecConfig codec_config(const Json& codec) {
  CodecConfig config{codec.at("id").get<std::string>(), codec};
  config.configuration.erase("id");
  return config;
}

/// nullopt where the input has no such line.
inline std::optional<CodecInput> read_codec_input(std::string_view input) {
  const auto [head, rest] = head_and_rest(input);
  const Json said = parse_json(head, small_limits());
  if (!said.is_array() || said.size() != 2 || !said[0].is_object()) return std::nullopt;
  if (!said[0].contains("id") || !said[0]["id"].is_string()) return std::nullopt;
  const std::uint64_t room = said[1].is_number_unsigned() ? said[1].get<std::uint64_t>() : 1000;
  return CodecInput{codec_config(said[0]), std::min<std::uint64_t>(room, 1U << 20U), rest};
}

inline std::string write_codec_input(const Json& codec, std::uint64_t room,
                                     std::string_view encoded) {
  return dump_json(Json::array({codec, room}), JsonStyle::line) + '\n' + std::string(encoded);
}

/// Of a table of chunks that others made.
inline std::string write_codec_input(const Json& each) {
  const Bytes encoded = from_base64(each.at("encoded").get<std::string>());
  const Bytes decoded = from_base64(each.value("decoded", each.at("array")).get<std::string>());
  return write_codec_input(each.at("codec"), decoded.size(), as_text(encoded));
}

/// Those of numcodecs' chunks that are of lzma, or those that are not.
inline std::vector<std::string> numcodecs_chunks(bool lzma) {
  std::vector<std::string> made;
  for (const Json& each : numcodecs_table().at("bytes")) {
    const bool is_lzma = each.at("codec").at("id").get<std::string>() == "lzma";
    if (is_lzma == lzma) made.push_back(write_codec_input(each));
  }
  return made;
}

}  // namespace engram::fuzz
