#pragma once

#include <memory>
#include <string>

#include "engram/store/store.hpp"

namespace engram::cli {

/// The Zarr store at `path` (a directory, a zip file or a URL), or nullptr when something else lies
/// there, such as an HDF5 file, or nothing. Throws as store::open_store().
std::shared_ptr<const store::ReadableStore> zarr_store(const std::string& path);

}  // namespace engram::cli
