#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "base/allowed_places.hpp"
#include "hdf5/library.hpp"

namespace engram::hdf5 {

/// Opens all files that HDF5 reads from one file on, and keeps it from those that are not allowed:
/// of external links, of virtual datasets, at any depth, and of external storage.
///
/// Threads: many at once.
class FileGuard {
 public:
  explicit FileGuard(AllowedPlaces allowed) : allowed_(std::move(allowed)) {}

  /// As AllowedPlaces::open(); a refusal is remembered.
  FileDescriptor open(const std::string& path);

  /// The true path of a file that was refused since the last call, and forgets it.
  std::optional<std::string> take_refusal();

 private:
  const AllowedPlaces allowed_;
  std::mutex mutex_;
  std::optional<std::string> refusal_;
};

/// Makes HDF5 open files by `guard` where `access_properties` (of a file) are used, and, as it
/// takes them over, for the files that those lead to. Under HDF5's mutex.
void set_guard(hid_t access_properties, std::shared_ptr<FileGuard> guard);

/// True for properties that set_guard() was called for.
bool is_guarded(hid_t access_properties);

/// "X lies outside of the directories that files may be read in: --allow-external DIR adds one"
std::string outside_text(const std::string& path);

}  // namespace engram::hdf5
