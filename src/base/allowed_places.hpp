#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/posix_file.hpp"

namespace engram {

/// The directories that what a file leads to may lie in. Paths are compared without symbolic links,
/// so that none leads out.
///
/// Threads: any.
class AllowedPlaces {
 public:
  /// Everywhere.
  AllowedPlaces() : directories_{"/"} {}

  /// These alone, and what is below them; without symbolic links, absolute.
  explicit AllowedPlaces(std::vector<std::string> directories)
      : directories_(std::move(directories)) {}

  /// True when `path`, absolute and without symbolic links, is one of the directories or below it.
  bool contains(std::string_view path) const noexcept;

  const std::vector<std::string>& directories() const noexcept { return directories_; }

  /// The file at `path`, open for reading. It is not opened when it lies elsewhere: then `refused`
  /// becomes its true path. What is checked is what is opened, whatever happens to the path
  /// meanwhile. When the result is not open, errno says why: EACCES of what is refused, EINVAL of
  /// what is no regular file.
  FileDescriptor open(const std::string& path, std::string& refused) const;

 private:
  std::vector<std::string> directories_;
};

/// The directory at `path`, absolute and without symbolic links. Throws Error(not_found).
std::string existing_directory(const std::string& path);

}  // namespace engram
