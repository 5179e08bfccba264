#pragma once

#include <string>
#include <vector>

#include "converters/cli/source.hpp"
#include "engram/hdmf/validate.hpp"

namespace engram::cli {

/// Links and references that a reader left out because they lead nowhere, and what else it could
/// not bring along.
std::vector<hdmf::Finding> notice_findings(const Source& source);

/// Of a Zarr store: consolidated metadata that are not current, and what archives don't take: paths
/// deeper than DANDI's seven levels, names that other systems can't hold, files above 5 GiB. Of an
/// HDF5 file at `path`: that it is above 5 TiB.
std::vector<hdmf::Finding> store_findings(const Source& source, const std::string& path);

}  // namespace engram::cli
