#pragma once

#include <string>
#include <vector>

#include "engram/hdmf/builder.hpp"
#include "engram/hdmf/problem.hpp"

namespace engram::hdmf {

/// A file that was read: all its metadata, and what its reader could not bring along.
struct OpenedTree {
  GroupBuilder root;
  std::string location;           ///< Where it lies; what the sources of its links are relative to.
  std::string identity;           ///< The same for all names of one file; empty: `location`.
  std::string format;             ///< "HDF5", "Zarr v2", "Zarr v3"; for people.
  std::vector<Problem> problems;  ///< Their `file` is filled in by File.
};

/// Where the source of a link or reference may lead.
struct LinkPlaces {
  struct Place {
    std::string location, identity;
  };
  std::vector<Place> places;  ///< The first that is there is taken.
  std::string refusal;        ///< Why there are none: a sentence. Empty: nothing is there.
};

/// Finds and opens the other files that links and references of a file lead to.
///
/// Threads: members may be called by many threads at once.
class FileOpener {
 public:
  virtual ~FileOpener() = default;

  /// Where `source`, which stands in the file at `location`, may lead. `source` is hostile: it was
  /// found in a file.
  virtual LinkPlaces places(const std::string& location, const std::string& source) const = 0;

  /// Reads the file there. Throws Error(not_found) when there is none, and what a reader throws.
  virtual OpenedTree open(const LinkPlaces::Place& place) const = 0;
};

}  // namespace engram::hdmf
