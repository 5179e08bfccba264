#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "engram/base/json.hpp"
#include "engram/base/limits.hpp"
#include "engram/store/store.hpp"
#include "engram/zarr/metadata.hpp"

namespace engram::zarr {

/// One node of a hierarchy that was read.
struct Node {
  std::string name;                    ///< Last name of its path; "" for the root.
  Json attributes = Json::object();    ///< `.zattrs`.
  std::optional<ArrayMetadata> array;  ///< None: a group.
  std::vector<Node> children;          ///< Sorted by the bytes of their names.
};

/// Reads all metadata below the root of `store`: from `.zmetadata` when it is there and
/// `use_consolidated`, else from the single files. Throws Error(not_found) when there is no group
/// or array at the root, Error(corrupt_data) naming the key.
Node read_hierarchy(const store::ReadableStore& store, bool use_consolidated = true,
                    const Limits& limits = {});

/// Writes groups and arrays' metadata, and remembers all of them for `.zmetadata`.
///
/// Threads: members may be called by many threads at once, each path once.
class HierarchyWriter {
 public:
  explicit HierarchyWriter(std::shared_ptr<store::Store> store);

  /// `.zgroup`, and `.zattrs` unless `attributes` is empty. `path` is "" or "a/b".
  void write_group(const std::string& path, const Json& attributes);
  void write_array(const std::string& path, const ArrayMetadata& metadata, const Json& attributes);

  /// `.zmetadata`, from memory.
  void consolidate();

 private:
  void put(const std::string& key, const Json& document);

  std::shared_ptr<store::Store> store_;
  std::mutex mutex_;
  std::map<std::string, std::string> documents_;  ///< Key to its text.
};

}  // namespace engram::zarr
