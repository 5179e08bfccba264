#pragma once

#include <string>
#include <vector>

#include "engram/backend/backend.hpp"
#include "engram/hdmf/builder.hpp"

namespace engram::converter {

/// Makes links and references of `tree` to other files, whose `source` is an absolute path
/// (backend::ExternalLinks::link), relative to `target`, the store that the tree is written to:
/// those to a Zarr store lead to that store; those to any other file, "b.nwb", to "b.nwb.zarr",
/// which lies relative to `target` where the file lies relative to `source`. Tells of each store
/// that is not there yet, once.
void lead_to_converted(hdmf::GroupBuilder& tree, const std::string& source,
                       const std::string& target, std::vector<backend::Notice>& notices);

/// The path from the directory of the store `target` to the store at `path`, with '/' between
/// names: "../other.zarr". Both need not be there.
std::string path_from_store(const std::string& target, const std::string& path);

}  // namespace engram::converter
