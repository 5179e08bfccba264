#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "engram/base/json.hpp"
#include "engram/base/limits.hpp"
#include "engram/store/store.hpp"
#include "engram/zarr/group.hpp"
#include "engram/zarr/metadata.hpp"

namespace engram::zarr {

/// One node of a hierarchy that was read.
struct Node {
  int zarr_format = 2;                 ///< Of the document that it was read from.
  std::string name;                    ///< Last name of its path; "" for the root.
  Json attributes = Json::object();    ///< `.zattrs`, or the member of `zarr.json`.
  std::optional<ArrayMetadata> array;  ///< None: a group, or an array that `refusal` tells of.
  std::string refusal;  ///< Why engram can't read this array (its data type); empty for all others.
  /// Of the root: further members of what it was read from, which readers that don't know them pass
  /// over: of `.zmetadata` in v2, of `zarr.json` in v3.
  Json extensions = Json::object();
  std::vector<Node> children;  ///< Sorted by the bytes of their names.
};

/// True when there is a group or an array at the root of `store`, of whichever version. Reads
/// nothing.
bool is_zarr(const store::ReadableStore& store);

/// What lies at the root of `store`, by whichever version; nullopt: no Zarr. Where both are there
/// it is v2, as for read_hierarchy(). Throws Error(corrupt_data) for a `zarr.json` that is neither
/// group nor array.
std::optional<NodeKind> kind_of_root(const store::ReadableStore& store, const Limits& limits = {});

/// Reads all metadata below the root of `store`, Zarr v2 or v3: from
/// the consolidated metadata (`.zmetadata`; in v3 a member of the root's `zarr.json`) when
/// they are there and `use_consolidated`, else from the single files. Throws Error(not_found) when
/// there is no group or array at the root, Error(corrupt_data) naming the key,
/// Error(limit_exceeded). A directory that is neither group nor array is passed over.
Node read_hierarchy(const store::ReadableStore& store, bool use_consolidated = true,
                    const Limits& limits = {});

/// Writes groups and arrays' metadata, and remembers all of them for the consolidated metadata.
///
/// Threads: members may be called by many threads at once, each path once.
class HierarchyWriter {
 public:
  /// Of Zarr v2 or v3 (`zarr_format`).
  explicit HierarchyWriter(std::shared_ptr<store::Store> store, int zarr_format = 2);

  /// `.zgroup`, and `.zattrs` unless `attributes` is empty; or `zarr.json`. `path` is "" or "a/b".
  void write_group(const std::string& path, const Json& attributes);
  /// Throws Error(unsupported) for what this version of Zarr has no name for.
  void write_array(const std::string& path, const ArrayMetadata& metadata, const Json& attributes);

  /// Adds a member to the root's documents that readers which don't know it pass over: in v3 to its
  /// `zarr.json` (when that is written after this; "must_understand": false is added to `value`, an
  /// object), in v2 to `.zmetadata`. Once, at the beginning.
  void extend(std::string name, Json value);

  /// `.zmetadata`, or in v3 the same member of the root's `zarr.json`, from memory. In v3 the root
  /// must have been written.
  void consolidate();

  /// What was written so far.
  std::uint64_t files() const;
  std::uint64_t bytes() const;

 private:
  void put(const std::string& key, const Json& document);
  std::string consolidated_v2() const;
  std::string consolidated_v3() const;

  std::shared_ptr<store::Store> store_;
  const int zarr_format_;
  mutable std::mutex mutex_;
  std::map<std::string, std::string, std::less<>> documents_;  ///< Key to its text.
  std::string extension_name_;
  Json extension_;
  std::uint64_t files_ = 0, bytes_ = 0;
};

}  // namespace engram::zarr
