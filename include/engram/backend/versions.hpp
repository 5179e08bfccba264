#pragma once

#include <string>
#include <utility>
#include <vector>

namespace engram::backend {

/// engram's own version and those of the libraries that read and make bytes, as they are in this
/// process: {"engram", "0.1.0"}, {"hdf5", "1.10.8"}, {"zlib", "1.2.13"}, ...
///
/// Threads: any. Errors: none.
std::vector<std::pair<std::string, std::string>> library_versions();

}  // namespace engram::backend
