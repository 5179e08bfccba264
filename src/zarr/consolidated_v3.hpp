#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "engram/zarr/consolidated.hpp"

namespace engram::zarr {

/// Whether the root of `store` is of Zarr v3, and not, as all that reads stores has it where both
/// are there, of v2.
bool is_v3_root(const store::ReadableStore& store);

/// check_consolidated() of a store whose root has a `zarr.json`. Keys are those of documents,
/// "a/zarr.json".
ConsolidatedCheck check_consolidated_v3(const store::ReadableStore& store, const Limits& limits);

/// The path of the node whose document has this key, "" for "zarr.json"; nullopt: no node's.
std::optional<std::string> path_of_node(std::string_view key);

/// Makes what `root`, the document of such a store's root, holds of the others' what it is after
/// `changes`, of keys of documents. False, and nothing is changed: it holds nothing of them.
bool amend_consolidated_v3(Json& root, const DocumentChanges& changes);

/// consolidate() of such a store: the documents of all other nodes become a member of the root's,
/// each without its own such member.
void consolidate_v3(store::Store& store, const Limits& limits);

}  // namespace engram::zarr
