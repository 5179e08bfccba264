#pragma once

#include <vector>

#include "converters/cli/source.hpp"
#include "engram/hdmf/validate.hpp"

namespace engram::cli {

/// Links and references that a reader left out because they lead nowhere, and what else it could
/// not bring along.
std::vector<hdmf::Finding> notice_findings(const Source& source);

/// Of a Zarr store: consolidated metadata that are not current, and what archives don't take: paths
/// deeper than DANDI's seven levels, names that other systems can't hold. Nothing for HDF5.
std::vector<hdmf::Finding> store_findings(const Source& source);

}  // namespace engram::cli
