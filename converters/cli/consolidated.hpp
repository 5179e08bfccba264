#pragma once

#include "converters/cli/output.hpp"
#include "engram/zarr/consolidated.hpp"

namespace engram::cli {

/// Prints how `.zmetadata` and the files differ, a line for each key or as JSON. Returns the exit
/// status: 0 when it is current, 1 when it is not.
int print_check(const zarr::ConsolidatedCheck& check, bool as_json, Output& output);

}  // namespace engram::cli
