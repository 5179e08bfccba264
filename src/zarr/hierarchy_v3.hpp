#pragma once

#include <optional>

#include "engram/base/json.hpp"
#include "engram/base/limits.hpp"
#include "engram/store/store.hpp"
#include "engram/zarr/hierarchy.hpp"

namespace engram::zarr {

/// Member of the root's document that holds those of all nodes below it.
inline constexpr std::string_view kConsolidatedMember = "consolidated_metadata";

/// The `zarr.json` of the root, which may be as long as those of all nodes; nullopt: there is none.
std::optional<Json> read_root_v3(const store::ReadableStore& store, const Limits& limits);

/// The documents of the nodes below the root, by path, which that of the root holds; nullptr: it
/// holds none. Throws Error(corrupt_data).
const Json* inline_metadata(const Json& root);

/// Throws unless `document`, which is_array_v3() says to be none, is a group's.
void check_group_v3(const Json& document);

/// What the `zarr.json` at the root of `store` is; nullopt: there is none. Throws as
/// kind_of_root().
std::optional<NodeKind> kind_of_root_v3(const store::ReadableStore& store, const Limits& limits);

/// All metadata below the root of `store`, when that is Zarr v3's: from the consolidated metadata
/// in the root's own document, when they are there and `use_consolidated`, else from the single
/// documents. nullopt when the root has no `zarr.json`. Otherwise as read_hierarchy().
std::optional<Node> read_hierarchy_v3(const store::ReadableStore& store, bool use_consolidated,
                                      const Limits& limits);

}  // namespace engram::zarr
