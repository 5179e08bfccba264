#pragma once

#include <vector>

#include "engram/backend/backend.hpp"
#include "engram/base/limits.hpp"
#include "engram/hdmf/builder.hpp"

namespace engram::backend {

/// Makes the links of `root`, as zarr_link has them, those of the model: each leads to the group or
/// array itself, or to another store. One whose path leads through other links gets the path of
/// what these lead to. One that leads nowhere, or round in a circle, and one whose name is none or
/// is taken, is left out, with a notice.
void settle_links(hdmf::GroupBuilder& root, const Limits& limits, std::vector<Notice>& notices);

}  // namespace engram::backend
