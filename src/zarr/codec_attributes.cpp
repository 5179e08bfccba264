#include "engram/zarr/codec_attributes.hpp"

#include "base/json_member.hpp"

namespace engram::zarr {
namespace {

constexpr std::string_view kName = "codec_name";
constexpr std::string_view kVersion = "codec_version";
constexpr std::string_view kFlags = "feature_flags";
constexpr std::string_view kWriters = "datajoint";

std::optional<std::string> version_in(const Json& attributes) {
  const Json& version = member_or_null(attributes, kVersion);
  if (version.is_null()) return std::nullopt;
  if (version.is_string()) return version.get<std::string>();
  if (!version.is_number()) bad_member(kVersion, version, "a text, as \"1.0\"");
  return dump_json(version, JsonStyle::compact);
}

std::vector<std::string> flags_in(const Json& attributes) {
  std::vector<std::string> flags;
  const Json& list = member_or_null(attributes, kFlags);
  if (list.is_null()) return flags;
  if (!list.is_array()) bad_member(kFlags, list, "a list of texts");
  for (const Json& flag : list) {
    if (!flag.is_string()) bad_member(kFlags, list, "a list of texts");
    flags.push_back(flag.get<std::string>());
  }
  return flags;
}

}  // namespace

CodecAttributes codec_attributes(const Json& attributes) {
  CodecAttributes found;
  if (!member_or_null(attributes, kName).is_null()) found.name = text_member(attributes, kName);
  found.version = version_in(attributes);
  found.flags = flags_in(attributes);
  const Json& writers = member_or_null(attributes, kWriters);
  // A user's own attribute may have this name; only what has the form of DataJoint's counts.
  if (!writers.is_object()) return found;
  for (const auto& [program, facts] : writers.items()) {
    if (!facts.is_object()) continue;
    const Json& version = member_or_null(facts, "version");
    if (version.is_string()) found.writers.emplace(program, version.get<std::string>());
  }
  return found;
}

}  // namespace engram::zarr
