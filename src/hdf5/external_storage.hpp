#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engram/hdf5/file.hpp"
#include "hdf5/file_guard.hpp"

namespace engram::hdf5 {

/// The bytes of a dataset that lie in other files, raw, one piece after another. They are read
/// beside HDF5, which would open by itself whatever the names lead to.
///
/// Threads: many at once.
class ExternalStorage {
 public:
  /// Of a dataset of `file` with these creation properties. A name is relative to the directory of
  /// the file, or, where nothing lies there, as HDF5 itself has it, to the working directory. Under
  /// HDF5's mutex.
  ExternalStorage(const File& file, hid_t creation_properties);

  /// The name of the first file, as it is spelled.
  const std::string& first_name() const noexcept { return parts_.front().name; }

  /// The true path of the first file that is not allowed, else "". The files are looked for.
  std::string refused() const;

  /// The bytes from `offset` on; what a file lacks is zero, as in HDF5. Throws Error(not_found)
  /// when a file is not there, Error(unsupported) when it is not allowed, Error(corrupt_data) when
  /// there are fewer bytes in all.
  void read(std::uint64_t offset, std::span<std::byte> out) const;

 private:
  struct Part {
    std::string name;
    std::uint64_t offset, size;  ///< In that file.
  };

  /// The file of `part`; not open: why is in errno, and with the guard.
  FileDescriptor open(const Part& part) const;

  std::string directory_;
  std::shared_ptr<FileGuard> guard_;
  std::vector<Part> parts_;
};

}  // namespace engram::hdf5
