#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engram/hdmf/builder.hpp"
#include "engram/hdmf/spec_source.hpp"

namespace engram::cli {

/// The namespaces that files have, ready to be loaded.
struct SpecSources {
  std::vector<std::unique_ptr<hdmf::GroupBuilder>> trees;  ///< What the sources read from.
  std::vector<hdmf::CachedNamespace> cached;               ///< In all versions.
  /// Of cached namespaces the newest, and all of YAML files.
  std::vector<std::shared_ptr<const hdmf::SpecSource>> chosen;
};

/// The namespaces of each path: YAML files, a directory with them, or a file or store that has
/// cached them. Throws Error(not_found) where a path has none.
SpecSources open_spec_sources(const std::vector<std::string>& paths);

}  // namespace engram::cli
