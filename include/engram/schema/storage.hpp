#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engram/base/limits.hpp"
#include "engram/schema/address.hpp"
#include "engram/store/store.hpp"
#include "engram/zarr/group.hpp"

namespace engram::schema {

/// Which addresses are looked for; what is left out may be anything.
struct Filter {
  std::optional<std::string> schema, table, field;
};

/// A Zarr store that lies at an address.
struct StoredObject {
  SchemaAddress address;
  std::string path;  ///< As to_path() has it.
  /// None: its metadata can't be read, as `fault` tells.
  std::optional<zarr::NodeKind> kind;
  std::string fault;
};

/// Goes through all Zarr stores at addresses below a root, in the order of their paths' names, name
/// by name. No more is read than leads to the next one; what is no address, and values that are no
/// Zarr, are passed over.
///
/// Threads: one at a time.
class AddressWalk {
 public:
  /// `root` is DataJoint's `location`. Throws Error(invalid_argument) for a prefix that
  /// can't be, and as next().
  explicit AddressWalk(std::shared_ptr<const store::ReadableStore> root, Filter filter = {},
                       PathOptions options = {}, const Limits& limits = {});

  /// The next one, or nullopt: there are no more. Throws Error(limit_exceeded) when the root has
  /// more than Limits::max_nodes names or is deeper than Limits::max_depth, Error(unsupported) when
  /// it can't be listed (a web server), Error(io_error).
  std::optional<StoredObject> next();

 private:
  enum class Place : std::uint8_t { above_schema, in_schema, in_table };

  struct Level {
    Place place;
    std::string path;
    std::vector<std::string> names;  ///< Of directories there; the next one is the last.
  };

  void enter(Place place, std::string path);
  void descend(Place place, const std::string& path, const std::string& name);
  std::optional<StoredObject> object_at(const std::string& path) const;

  std::shared_ptr<const store::ReadableStore> root_;
  Filter filter_;
  PathOptions options_;
  Limits limits_;
  std::vector<Level> levels_;
  std::uint64_t names_ = 0;
};

/// All that AddressWalk finds.
std::vector<StoredObject> list(std::shared_ptr<const store::ReadableStore> root, Filter filter = {},
                               PathOptions options = {}, const Limits& limits = {});

/// The store at `address`, or at the path of a record, to be read: zarr::Array::open() and
/// zarr::Group::open() take it. Throws Error(not_found) when no Zarr lies there, and as to_path().
std::shared_ptr<const store::ReadableStore> open_store(
    std::shared_ptr<const store::ReadableStore> root, const SchemaAddress& address,
    const PathOptions& options = {});
std::shared_ptr<const store::ReadableStore> open_store(
    std::shared_ptr<const store::ReadableStore> root, const std::string& path);

/// A new store at `address`, in which zarr::Array::create() or zarr::Group::create() make the root.
/// Above it there are no groups: to others it is a store of its own. Throws Error(already_exists)
/// when something lies there, and as to_path().
std::shared_ptr<store::Store> create_store(std::shared_ptr<store::Store> root,
                                           const SchemaAddress& address,
                                           const PathOptions& options = {});

}  // namespace engram::schema
