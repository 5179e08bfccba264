// The cache that spec_cache.cpp reads, written: /specifications/NAME/VERSION/{namespace,
// SOURCE...}.

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "engram/base/error.hpp"
#include "engram/hdmf/make.hpp"
#include "engram/hdmf/spec_source.hpp"
#include "hdmf/spec_cache_names.hpp"

namespace engram::hdmf {
namespace {

constexpr std::string_view kUnversioned = "unversioned";

// What is loaded from "nwb.base.yaml" is cached as "nwb.base".
std::string cached_name(std::string source) {
  for (const std::string_view ending : {".yaml", ".yml"})
    if (source.ends_with(ending)) source.resize(source.size() - ending.size());
  return source;
}

std::string place_of(GroupBuilder& root) {
  std::string place(kUsualSpecPlace);
  if (const Value* location = root.attributes.find(kSpecLocation)) {
    if (location->is<Reference>()) place = location->as<Reference>().path;
    if (location->is<std::string>()) place = location->as<std::string>();
  } else {
    root.attributes.set(std::string(kSpecLocation), reference_to(place));
  }
  return place;
}

std::string version_of(const Json& entry) {
  const auto version = entry.find("version");
  if (version == entry.end() || version->is_null()) return std::string(kUnversioned);
  return version->is_string() ? version->get<std::string>() : dump_json(*version, JsonStyle::line);
}

DatasetBuilder document(std::string name, const Json& json) {
  return make_scalar(std::move(name), dump_json(json, JsonStyle::line));
}

void cache_namespace(GroupBuilder& cache, const SpecSource& source, Json entry) {
  const auto name = entry.find("name");
  if (name == entry.end() || !name->is_string())
    throw Error(ErrorCode::corrupt_data, "a namespace has no name");
  GroupBuilder& versions = require_group(cache, name->get<std::string>());
  const std::string version = version_of(entry);
  const bool is_known = std::any_of(versions.groups.begin(), versions.groups.end(),
                                    [&](const GroupBuilder& one) { return one.name == version; });
  if (is_known) return;
  GroupBuilder group = make_group(version);
  if (const auto schemas = entry.find("schema"); schemas != entry.end() && schemas->is_array()) {
    for (Json& schema : *schemas) {
      const auto file = schema.is_object() ? schema.find("source") : schema.end();
      if (file == schema.end() || !file->is_string()) continue;
      const Json text = source.schema(file->get<std::string>());
      *file = cached_name(file->get<std::string>());
      add(group, document(file->get<std::string>(), text));
    }
  }
  Json namespaces = Json::object();
  namespaces["namespaces"] = Json::array({std::move(entry)});
  add(group, document(std::string(kNamespaceDocument), namespaces));
  add(versions, std::move(group));
}

}  // namespace

void cache_namespaces(GroupBuilder& root,
                      std::span<const std::shared_ptr<const SpecSource>> sources) {
  if (sources.empty()) return;
  GroupBuilder& cache = require_group(root, place_of(root));
  for (const auto& source : sources) {
    try {
      const Json all = source->namespaces();
      const auto list = all.find("namespaces");
      if (list == all.end() || !list->is_array())
        throw Error(ErrorCode::corrupt_data, "there is no list \"namespaces\"");
      for (const Json& entry : *list) cache_namespace(cache, *source, entry);
    } catch (Error& error) {
      error.at(source->description());
      throw;
    }
  }
}

}  // namespace engram::hdmf
