#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engram/hdmf/file.hpp"
#include "engram/store/store.hpp"

namespace engram::hdmf {

struct OpenOptions : FileOptions {
  /// Links and references to other files are followed as far as these lie in the directory that the
  /// opened file lies in, in one of these directories (of a file on a web server: URLs of the same
  /// server), or below them. Symbolic links don't lead out. So it is with other files that HDF5
  /// takes values from.
  std::vector<std::string> allow_external;
  /// False: links to other files are not followed at all.
  bool follow_other_files = true;
};

/// Opens what lies at `path`: an HDF5 file, or Zarr in a directory, a zip file or at the URL of
/// a web server (see backend::open_reader). All metadata are read, and no values.
///
/// The `source` of a link or reference to another file is a path relative to the store that holds
/// it, as hdmf-zarr has it: "../other.zarr" lies beside it, so that files that are moved together
/// still find each other. Links of hdmf-zarr 0.9 and 0.10, which are relative to the directory the
/// store lies in, are understood where nothing lies at the first place. HDF5's external links are
/// read as a part of their file.
///
/// Throws Error(not_found), Error(io_error), Error(corrupt_data), Error(unsupported),
/// Error(limit_exceeded).
File open(const std::string& path, const OpenOptions& options = {});

/// The file in `store`. Its links to other files lead nowhere: a store has no place that
/// others could be found from.
File open(std::shared_ptr<const store::ReadableStore> store, const OpenOptions& options = {});

}  // namespace engram::hdmf
