#pragma once

#include <memory>
#include <string>

#include "base/posix_file.hpp"

namespace engram::store {

/// A file that appears under its name when it is complete. Until then it is TARGET.part, which is
/// locked against other writers and removed by the destructor unless publish() was called. One that
/// nobody holds is what a writer that was killed has left, and is taken over.
class PartFile {
 public:
  /// Throws Error(already_exists) when TARGET is there and may not be replaced, or TARGET.part is
  /// held by another writer; Error(not_found) when their directory is not there; Error(io_error).
  PartFile(std::string target, bool replace);
  ~PartFile();
  PartFile(const PartFile&) = delete;
  PartFile& operator=(const PartFile&) = delete;

  /// Empty at first; for reading and writing.
  const std::shared_ptr<const FileDescriptor>& file() const noexcept { return file_; }
  const std::string& path() const noexcept { return part_; }

  /// Begins anew with an empty file. Whoever holds the old file() can read on from it.
  void restart();

  /// Makes the file durable and renames it. Throws Error(already_exists), Error(io_error).
  void publish();

 private:
  void open();

  const std::string target_, part_;
  const bool replace_;
  bool published_ = false;
  std::shared_ptr<const FileDescriptor> file_;
};

}  // namespace engram::store
