#pragma once

#include <optional>

#include "engram/zarr/consolidated.hpp"

namespace engram::zarr {

/// check_consolidated() of a store whose root has a `zarr.json`; nullopt: it has none. Keys are
/// those of documents, "a/zarr.json".
std::optional<ConsolidatedCheck> check_consolidated_v3(const store::ReadableStore& store,
                                                       const Limits& limits);

}  // namespace engram::zarr
