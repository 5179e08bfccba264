#pragma once

#include "engram/base/limits.hpp"
#include "engram/store/store.hpp"

namespace engram::zarr {

/// consolidate() where the `.zmetadata` that is there is read from `before` and not from `store`,
/// which may make its own out of what this writes.
void consolidate_from(const store::ReadableStore& before, store::Store& store,
                      const Limits& limits);

}  // namespace engram::zarr
