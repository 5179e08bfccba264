#pragma once

#include <string>
#include <vector>

#include "engram/backend/backend.hpp"
#include "engram/backend/open.hpp"
#include "engram/hdmf/builder.hpp"

namespace engram::backend {

/// Does with the links of `root`, the tree of the Zarr store at `path`, that lead to other stores
/// what `options.external_links` says, and with references to them. `path` is "" for a store that
/// is no directory: from there no other store can be reached.
///
/// Copying:
///  1. each link into another store is followed, through links of that store, to its target. A
///     target that has a place in the tree already makes the link one to that place; any other is
///     copied in where the link is, with all that hangs on it that has no place yet. So nothing is
///     copied twice, and links in a circle end.
///  2. what was copied may hold links, into its own store or others, which are followed as well,
///     those into other stores first.
///  3. references in what was copied lead to the new places; what did not come along is null, and
///     an attribute that leads there is left out.
///
/// What can't be reached is left out with a notice. Throws Error(unsupported) where links are
/// refused, Error(limit_exceeded), Error(corrupt_data) naming the other store.
void resolve_external_links(hdmf::GroupBuilder& root, const std::string& path,
                            const ReadOptions& options, std::vector<Notice>& notices);

}  // namespace engram::backend
