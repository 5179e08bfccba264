#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engram/base/json.hpp"
#include "engram/base/limits.hpp"
#include "engram/zarr/array.hpp"
#include "engram/zarr/metadata.hpp"
#include "engram/zarr/store_handle.hpp"

namespace engram::zarr {

class MetadataView;

enum class NodeKind { group, array };

/// What lies directly below a group.
struct Child {
  std::string name;
  NodeKind kind = NodeKind::group;

  friend bool operator==(const Child&, const Child&) = default;
};

/// A Zarr group in a store, v2 or v3. What is created through it is of its version.
///
/// Paths are names with '/' between them, "" for the group itself; a '/' at either end is ignored.
/// Relative paths start at this group. Where a path can't be one, Error(invalid_argument).
///
/// Threads: members may be called by many threads at once; whoever changes a node must be the only
/// one that uses it then.
class Group {
 public:
  /// The group at `path` of `store`, read from the single files. Throws Error(not_found) when there
  /// is none, saying what is there instead; Error(corrupt_data) naming the key.
  static Group open(StoreHandle store, std::string_view path = "", const Limits& limits = {});

  /// The root group of `store`, with all metadata below it from the consolidated metadata
  /// (`.zmetadata`, or in v3 a member of the root's `zarr.json`), which are read once:
  /// what was changed later is not seen, and groups, arrays' metadata and attributes can't be
  /// changed through it (Error(invalid_argument)); elements can. Nothing is listed, so that a store
  /// behind HTTP will do. Throws Error(not_found) when there are none.
  static Group open_consolidated(StoreHandle store, const Limits& limits = {});

  /// A new group of Zarr v2 or v3 (`zarr_format`) at `path`, and those above it that are not there
  /// yet. Throws Error(already_exists) (see IfExists) and when an array lies above it,
  /// Error(invalid_argument) when a group of the other version does.
  static Group create(StoreHandle store, std::string_view path = "",
                      const Json& attributes = Json::object(),
                      IfExists if_exists = IfExists::refuse, const Limits& limits = {},
                      int zarr_format = 2);

  const std::string& path() const noexcept { return path_; }  ///< "" or "a/b", from the root.
  int zarr_format() const noexcept { return zarr_format_; }   ///< 2 or 3.

  /// Sorted by the bytes of their names. Names that are neither group nor array are left out.
  std::vector<Child> children() const;

  /// What lies at `path`, or nullopt.
  std::optional<NodeKind> kind_of(std::string_view path) const;
  bool contains(std::string_view path) const { return kind_of(path).has_value(); }

  /// What lies at `path`; throw as Group::open() and Array::open() do.
  Group group(std::string_view path) const;
  Array array(std::string_view path) const;

  /// As Group::create() and Array::create(); ArrayOptions::zarr_format means nothing here, and
  /// metadata must be of the group's version.
  Group create_group(std::string_view path, const Json& attributes = Json::object(),
                     IfExists if_exists = IfExists::refuse);
  Array create_array(std::string_view path, const ArrayOptions& options,
                     IfExists if_exists = IfExists::refuse);
  Array create_array(std::string_view path, const ArrayMetadata& metadata,
                     const Json& attributes = Json::object(),
                     IfExists if_exists = IfExists::refuse);

  /// Removes the group or array at `path` and all below it. Throws Error(not_found) when there is
  /// none, Error(invalid_argument) for the group itself.
  void erase(std::string_view path);

  /// `.zattrs`, or the member of `zarr.json`, members in the order of the file; an empty object
  /// where there is none.
  Json attributes() const;

  /// Makes `attributes` (an object) all there is.
  void set_attributes(const Json& attributes);

  /// Sets each member of `changes` (an object), new ones after those that are there.
  void update_attributes(const Json& changes);

 private:
  Group(StoreHandle store, std::string path, std::shared_ptr<const MetadataView> view,
        int zarr_format, const Limits& limits);
  std::string below(std::string_view path) const;

  StoreHandle store_;
  std::string path_;
  std::shared_ptr<const MetadataView> view_;  ///< Where metadata are read.
  int zarr_format_;
  Limits limits_;
};

}  // namespace engram::zarr
