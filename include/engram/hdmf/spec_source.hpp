#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engram/base/json.hpp"
#include "engram/base/limits.hpp"
#include "engram/hdmf/builder.hpp"

namespace engram::hdmf {

/// Where the documents of namespaces come from: a file's cached /specifications, or YAML files.
///
/// Threads: as a file that is read; not by two threads at once.
class SpecSource {
 public:
  virtual ~SpecSource() = default;

  /// For messages: "core 2.7.0 in /specifications", "/x/nwb.namespace.yaml".
  virtual const std::string& description() const = 0;

  /// The namespace document: an object with the list "namespaces". Throws Error(corrupt_data),
  /// Error(io_error), Error(not_found).
  virtual Json namespaces() const = 0;

  /// The schema document that a namespace names as a "source": an object with "groups" and
  /// "datasets". Throws as namespaces() does.
  virtual Json schema(const std::string& source) const = 0;
};

/// A namespace that a file holds a copy of.
struct CachedNamespace {
  std::string name;
  std::string version;
  std::shared_ptr<const SpecSource> source;
};

/// All versions of all namespaces cached in the file whose root is `root`: below the group that its
/// attribute `.specloc` points to (a reference, or a path), or else /specifications. Sorted by
/// name, then from the oldest version to the newest. Empty when nothing is cached. The groups must
/// live as long as the sources do.
std::vector<CachedNamespace> cached_namespaces(const GroupBuilder& root, const Limits& limits = {});

/// Adds the namespaces of `sources`, each with its schemas, to those cached in the file whose root
/// is `root`, as HDMF does: below the group that `.specloc` points to, or else /specifications,
/// which the attribute then names. Readers such as pynwb open the file without being told its
/// schema. A version that is cached already is left as it is. Throws what the sources throw, and
/// Error(corrupt_data) for a namespace without a name.
void cache_namespaces(GroupBuilder& root,
                      std::span<const std::shared_ptr<const SpecSource>> sources);

/// Of each namespace in `all` the newest version.
std::vector<CachedNamespace> newest(std::vector<CachedNamespace> all);

/// Whether version `a` is older than `b`: number by number ("2.9.0" < "2.10.0"); a pre-release
/// ("2.7.0-alpha") before its release.
bool is_older_version(std::string_view a, std::string_view b);

/// The namespaces of YAML (or JSON) files. `path` is a namespace file, or a directory, in which and
/// below which all files that end in "namespace.yaml" or "namespace.yml" are taken: the directory
/// of an extension, of the NWB schema, or of an installed pynwb or hdmf (for pynwb, the hdmf beside
/// it is taken too, whose namespaces the NWB core includes). Sorted by path. Throws
/// Error(not_found) when there is none.
std::vector<std::shared_ptr<const SpecSource>> spec_files(const std::string& path,
                                                          const Limits& limits = {});

/// The value that a YAML document holds, by the rules of YAML 1.2: true, false, null and numbers
/// are what they look like, every other scalar is text. JSON is YAML. Throws Error(corrupt_data)
/// with the line, Error(limit_exceeded) for more than `limits` allows (aliases count as often as
/// they are used).
Json parse_yaml(const std::string& text, const Limits& limits = {});

}  // namespace engram::hdmf
