#include "directory_lock.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>

namespace engram::store {

DirectoryLock::DirectoryLock(int directory, const std::string& path)
    : fd_(::openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
  if (!fd_.is_open()) throw system_error("open the directory", path, errno);
  // Said here, before work is done for nothing. AT_EACCESS: as the files would be opened.
  if (::faccessat(fd_.get(), ".", W_OK, AT_EACCESS) != 0) throw system_error("change", path, errno);
  if (::flock(fd_.get(), LOCK_EX | LOCK_NB) == 0) return;
  const int number = errno;
  if (number == EWOULDBLOCK)
    throw Error(ErrorCode::already_exists,
                fmt::format("{} is being changed by another writer that is running: wait until it "
                            "has ended",
                            path));
  // A file system without locks (some network ones) is no reason to refuse to work.
  if (number != ENOTSUP && number != ENOLCK && number != ENOSYS)
    throw system_error("lock", path, number);
}

}  // namespace engram::store
