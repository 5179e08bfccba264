#include "converters/cli/spec_sources.hpp"

#include <fmt/format.h>

#include <boost/filesystem.hpp>
#include <utility>

#include "converters/cli/source.hpp"
#include "converters/places.hpp"
#include "engram/base/error.hpp"

namespace engram::cli {
namespace {

namespace fs = boost::filesystem;

// A directory is a Zarr store when it has the metadata of a node.
bool is_schema(const std::string& path) {
  boost::system::error_code ignored;
  if (fs::is_directory(path, ignored)) return !converter::is_zarr_node(path);
  return path.ends_with(".yaml") || path.ends_with(".yml") || path.ends_with(".json");
}

void add_cached(const std::string& path, SpecSources& out) {
  out.trees.push_back(std::make_unique<hdmf::GroupBuilder>(open_source(path).tree));
  auto cached = hdmf::cached_namespaces(*out.trees.back());
  if (cached.empty())
    throw Error(ErrorCode::not_found, fmt::format("{} has no namespaces cached", path));
  out.cached.insert(out.cached.end(), cached.begin(), cached.end());
  for (hdmf::CachedNamespace& one : newest(std::move(cached))) out.chosen.push_back(one.source);
}

}  // namespace

SpecSources open_spec_sources(const std::vector<std::string>& paths) {
  SpecSources out;
  for (const std::string& path : paths) {
    if (!is_schema(path)) {
      add_cached(path, out);
      continue;
    }
    for (auto& source : hdmf::spec_files(path)) out.chosen.push_back(std::move(source));
  }
  return out;
}

}  // namespace engram::cli
