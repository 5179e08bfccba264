#include "converters/provenance.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <boost/filesystem.hpp>

#include "engram/backend/versions.hpp"

namespace engram::converter {
namespace {

Json pairs_json(const std::vector<std::pair<std::string, std::string>>& pairs) {
  Json list = Json::array();
  for (const auto& [glob, value] : pairs) list.push_back(fmt::format("{}={}", glob, value));
  return list;
}

std::string_view spelled(backend::ExternalLinks external) {
  switch (external) {
    case backend::ExternalLinks::copy:
      return "copy";
    case backend::ExternalLinks::link:
      return "link";
    case backend::ExternalLinks::refuse:
      return "error";
  }
  return "unknown";
}

std::string text_of(std::time_t seconds, const std::string& fraction) {
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}{}Z", fmt::gmtime(seconds), fraction);
}

}  // namespace

std::string utc_text(std::chrono::system_clock::time_point time) {
  const auto whole = std::chrono::floor<std::chrono::seconds>(time);
  const auto rest = std::chrono::duration_cast<std::chrono::milliseconds>(time - whole);
  return text_of(std::chrono::system_clock::to_time_t(whole), fmt::format(".{:03}", rest.count()));
}

SourceIdentity identify_source(const std::string& path) {
  SourceIdentity identity{path, std::nullopt, {}};
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return identity;
  boost::system::error_code failed;
  const auto canonical = boost::filesystem::canonical(path, failed);
  if (!failed) identity.path = canonical.string();
  if (S_ISREG(status.st_mode)) identity.size = static_cast<std::uint64_t>(status.st_size);
  identity.changed = text_of(status.st_mtim.tv_sec, fmt::format(".{:09}", status.st_mtim.tv_nsec));
  return identity;
}

Json options_json(const TargetOptions& options) {
  Json json = Json::object();
  json["format"] = options.format == TargetFormat::hdf5 ? "hdf5" : "zarr";
  json["zarr_format"] = options.zarr_format;
  json["compat"] = options.compat == backend::Compat::portable ? "portable" : "hdmf-zarr";
  json["text"] = options.text == backend::TextForm::exact ? "exact" : "utf8";
  json["consolidate"] = options.consolidate;
  json["codec"] = options.codec;
  json["codec_for"] = pairs_json(options.codec_for);
  json["chunks"] = options.chunks;
  json["chunks_for"] = pairs_json(options.chunks_for);
  json["shards"] = options.shards;
  json["shards_for"] = pairs_json(options.shards_for);
  json["fast_paths"] = options.fast_paths;
  json["strict"] = options.strict;
  json["verify"] = options.verify;
  json["overwrite"] = options.overwrite;
  json["checksum"] = options.checksum || !options.manifest.empty();
  json["manifest"] = options.manifest.empty() ? Json(nullptr) : Json(options.manifest);
  json["memory"] = options.memory;
  json["threads"] = options.threads;
  return json;
}

Json options_json(const ConvertOptions& options) {
  Json json = options_json(static_cast<const TargetOptions&>(options));
  json["external"] = spelled(options.external);
  json["allow_external"] = options.allow_external;
  return json;
}

Json to_json(const SourceIdentity& identity) {
  Json json = Json::object();
  json["path"] = identity.path;
  json["size"] = identity.size ? Json(*identity.size) : Json(nullptr);
  json["mtime"] = identity.changed.empty() ? Json(nullptr) : Json(identity.changed);
  return json;
}

Json versions_json() {
  Json json = Json::object();
  for (const auto& [name, version] : backend::library_versions()) json[name] = version;
  return json;
}

}  // namespace engram::converter
