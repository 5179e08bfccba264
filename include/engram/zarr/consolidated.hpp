#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engram/base/json.hpp"
#include "engram/base/limits.hpp"
#include "engram/store/store.hpp"

namespace engram::zarr {

/// Gathers every `.zgroup`, `.zarray` and `.zattrs` of `store` in `.zmetadata`, byte for byte as
/// zarr.consolidate_metadata() of zarr-python 2.18 does; in v3 every `zarr.json` in a member of the
/// root's. Throws Error(not_found) when there is no group or array at the root, Error(corrupt_data)
/// naming a key whose value is no JSON.
void consolidate(store::Store& store, const Limits& limits = {});

/// Metadata documents by key ("a/.zattrs"); none: there is no such document (any more).
using DocumentChanges = std::map<std::string, std::optional<Json>>;

/// What `.zmetadata` of `store` says once `changes` are made to it, laid out as consolidate() does;
/// nothing is listed or written. nullopt when the store has no `.zmetadata`. Throws
/// Error(corrupt_data), Error(unsupported) for another format of it than 1.
std::optional<std::string> amended_consolidated(const store::ReadableStore& store,
                                                const DocumentChanges& changes,
                                                const Limits& limits = {});

/// How consolidated metadata and the single files of a store differ: keys, sorted by their bytes.
struct ConsolidatedCheck {
  std::string key = ".zmetadata";        ///< Where they are, or would be; v3: "zarr.json".
  bool exists = false;                   ///< There are consolidated metadata.
  std::vector<std::string> stale;        ///< Its entry says something else than the file.
  std::vector<std::string> missing;      ///< There is a file, but no entry.
  std::vector<std::string> superfluous;  ///< There is an entry, but no file.

  bool is_current() const noexcept {
    return exists && stale.empty() && missing.empty() && superfluous.empty();
  }
};

/// Of Zarr v3 what the root's `zarr.json` holds of the others. Compares as JSON: the order of
/// members is no difference, 1 and 1.0 are. Without a `.zmetadata` every file is missing in it.
/// Throws Error(corrupt_data) naming the key of a document that is no JSON, Error(unsupported) for
/// another format of `.zmetadata` than 1.
ConsolidatedCheck check_consolidated(const store::ReadableStore& store, const Limits& limits = {});

}  // namespace engram::zarr
