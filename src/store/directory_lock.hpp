#pragma once

#include <string>

#include "base/posix_file.hpp"
#include "engram/store/store.hpp"

namespace engram::store {

/// flock() on a directory, held by one writer. It goes with the process, however that ends.
class DirectoryLock final : public WriteLock {
 public:
  /// `directory` may be one that was opened with O_PATH; `path` is for messages. Throws
  /// Error(already_exists) when another writer has the lock, Error(io_error) when the directory
  /// may not be written.
  DirectoryLock(int directory, const std::string& path);

 private:
  FileDescriptor fd_;
};

}  // namespace engram::store
