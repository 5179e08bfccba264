#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engram/base/json.hpp"
#include "engram/base/limits.hpp"
#include "engram/zarr/group.hpp"
#include "engram/zarr/store_handle.hpp"
#include "zarr/documents.hpp"

namespace engram::zarr {

/// Where groups and arrays find metadata, of either version of Zarr: the single files of a store,
/// or its consolidated metadata.
///
/// Threads: every member may be called by many threads at once.
class MetadataView {
 public:
  virtual ~MetadataView() = default;

  /// The JSON value of `key`, or nullopt. Errors name the key.
  virtual std::optional<Json> document(const std::string& key) const = 0;

  /// What lies at `path`, and what lies directly below it, sorted by name.
  virtual std::optional<FoundNode> find(const std::string& path) const = 0;
  virtual std::vector<Child> children(const std::string& path) const = 0;

  std::optional<NodeKind> kind_of(const std::string& path) const;

  /// The version of the group at `path`. Throws as refuse() when there is none, Error(corrupt_data)
  /// when its document is none of a group.
  int check_group_at(const std::string& path, const std::string& store_name) const;

  /// Of the array at `path`. Throws as refuse() when there is none, and as parse_zarray().
  ArrayMetadata array(const std::string& path, const std::string& store_name,
                      const Limits& limits) const;

  /// Of the node at `path`; none where it has none. Errors name the key.
  Json attributes(const std::string& path, int zarr_format) const;

  /// Throws Error(invalid_argument) when metadata can't be changed through this view.
  virtual void check_changeable() const = 0;

  /// Why there is no `wanted` at `path`: Error(not_found).
  [[noreturn]] void refuse(const std::string& path, NodeKind wanted,
                           const std::string& store_name) const;
};

std::shared_ptr<const MetadataView> view_of_files(StoreHandle store, const Limits& limits);

/// Of `.zmetadata`, or of what is that in the root's `zarr.json`, which is read now. Throws
/// Error(not_found) when there is none.
std::shared_ptr<const MetadataView> view_of_consolidated(const store::ReadableStore& store,
                                                         const Limits& limits);

/// Member "metadata" of `.zmetadata`, or nullopt when there is no `.zmetadata`. Members that are
/// not zarr-python's go to `extensions`, where that is given. Throws Error(corrupt_data),
/// Error(unsupported), with the key as its place.
std::optional<Json> read_consolidated(const store::ReadableStore& store, const Limits& limits,
                                      Json* extensions = nullptr);

}  // namespace engram::zarr
