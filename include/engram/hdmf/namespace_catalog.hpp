#pragma once

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engram/hdmf/spec.hpp"
#include "engram/hdmf/spec_source.hpp"

namespace engram::hdmf {

/// A type, with everything that it inherits.
struct TypeEntry {
  std::string name;
  std::string name_space;  ///< Where it is defined, which need not be where it was looked up.
  std::string source;      ///< The schema document that defines it.
  TypeSpec spec;
};

/// One namespace: its own types and those that it includes.
///
/// Threads: may be used by many at once.
class Namespace {
 public:
  const std::string& name() const noexcept { return name_; }
  const std::string& version() const noexcept { return version_; }
  /// The namespace document's entry, as it is: doc, author, contact, schema, ...
  const Json& document() const noexcept { return document_; }

  /// The names of all types, its own and included ones, in the order in which they came.
  const std::vector<std::string>& types() const noexcept { return order_; }

  /// A type by its name; nullptr when the namespace has none.
  const TypeEntry* find(std::string_view type) const noexcept;

  /// `type` and those that it inherits from, the nearest first; empty when there is no such type.
  std::vector<std::string> hierarchy(std::string_view type) const;

  /// Whether `type` is `ancestor` or inherits from it.
  bool is_a(std::string_view type, std::string_view ancestor) const;

  /// The types that inherit from `type` directly, sorted.
  std::vector<std::string> direct_subtypes(std::string_view type) const;

 private:
  friend class CatalogBuilder;

  std::string name_, version_;
  Json document_;
  std::vector<std::string> order_;
  std::map<std::string, std::shared_ptr<TypeEntry>, std::less<>> types_;
};

/// Namespaces with all types resolved: what a type inherits, and what the types that it includes
/// bring along, stands in its spec, as hdmf resolves it.
///
/// Threads: may be used by many at once.
class NamespaceCatalog {
 public:
  NamespaceCatalog() = default;

  /// Loads all namespaces of `sources`, in whichever order they need each other. Of a namespace
  /// that comes twice the first is taken; a warning names the other when its version differs.
  /// Throws Error(corrupt_data) naming source, namespace, type and member; Error(not_found) for a
  /// namespace that is included and comes from none of the sources; Error(limit_exceeded).
  static NamespaceCatalog load(std::span<const std::shared_ptr<const SpecSource>> sources);

  /// The newest version of each namespace that the file with this root has cached.
  static NamespaceCatalog load_cached(const GroupBuilder& root, const Limits& limits = {});

  /// In the order in which they were loaded: what is included comes first.
  const std::vector<std::shared_ptr<const Namespace>>& namespaces() const noexcept {
    return namespaces_;
  }
  const Namespace* find(std::string_view name) const noexcept;

  /// The type of an object whose attributes are `attributes` (`namespace` and `neurodata_type` or
  /// `data_type`), or nullptr.
  const TypeEntry* type_of(const Attributes& attributes) const;

  /// Sentences about what was odd in the sources but did no harm.
  const std::vector<std::string>& warnings() const noexcept { return warnings_; }

 private:
  friend class CatalogBuilder;

  std::vector<std::shared_ptr<const Namespace>> namespaces_;
  std::vector<std::string> warnings_;
};

/// The type that `attributes` name: `neurodata_type`, or else `data_type`.
std::optional<std::string> type_name(const Attributes& attributes);

}  // namespace engram::hdmf
