#pragma once

#include <functional>
#include <string>

#include "engram/convert.hpp"
#include "engram/hdmf/builder.hpp"

namespace engram::converter {

/// Where the tree that is copied comes from.
struct TreeOrigin {
  std::string name;               ///< The source's path; empty: none, the tree was made in memory.
  Json options = Json::object();  ///< All that are given, by name, as options_json() has them.
  /// Gives the tree. Called once, after the target was found fit. Adds to the report what was lost
  /// or changed on the way, and where reading takes long, calls `on_node` as
  /// Reader::read_tree() does; that may be empty.
  std::function<hdmf::GroupBuilder(ConvertReport& report, const hdmf::OnNode& on_node)> read;
  /// Lets go of the source. Called once, when all values are copied and the tree is gone, before
  /// the result is published; by another thread, beside the last writing. May be empty.
  std::function<void()> close;
};

/// Copies a tree into a new Zarr v2 directory at `target`: plans, copies many chunks at once, and
/// publishes the result when it is complete; until then it is built in `target` + ".part", where a
/// conversion that has a source is recorded, so that a later one can go on with it. With
/// TargetOptions::dry_run it plans only. This is what convert() and write() have in common.
///
/// Throws Error as they do.
ConvertReport copy_tree(const TreeOrigin& origin, const std::string& target,
                        const TargetOptions& options);

}  // namespace engram::converter
