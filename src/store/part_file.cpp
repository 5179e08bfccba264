#include "part_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

namespace engram::store {
namespace {

// A lock is of no use on a file that has lost its name to another one meanwhile.
bool has_name(int fd, const std::string& path) {
  struct stat ours {};
  struct stat named {};
  return ::fstat(fd, &ours) == 0 && ::lstat(path.c_str(), &named) == 0 &&
         ours.st_ino == named.st_ino && ours.st_dev == named.st_dev;
}

[[noreturn]] void throw_is_there(const std::string& path) {
  throw Error(ErrorCode::already_exists, fmt::format("{} is there already", path));
}

int rename_no_replace(const std::string& from, const std::string& to) {
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return 0;
  // Not every file system knows the flag; a second name never replaces either.
  if (errno != EINVAL && errno != ENOSYS && errno != ENOTSUP) return errno;
  if (::link(from.c_str(), to.c_str()) != 0) return errno;
  (void)::unlink(from.c_str());
  return 0;
}

}  // namespace

PartFile::PartFile(std::string target, bool replace)
    : target_(std::move(target)), part_(target_ + ".part"), replace_(replace) {
  struct stat info {};
  if (!replace_ && ::lstat(target_.c_str(), &info) == 0) throw_is_there(target_);
  open();
}

PartFile::~PartFile() {
  if (!published_ && file_) (void)::unlink(part_.c_str());
}

void PartFile::open() {
  for (;;) {
    FileDescriptor fd(
        ::open(part_.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0666));
    if (!fd.is_open()) {
      if (errno != ENOENT) throw system_error("make", part_, errno);
      throw Error(
          ErrorCode::not_found,
          fmt::format("can't make {}: the directory that it would lie in is not there", part_));
    }
    // A file system without locks (some network ones) is no reason to refuse to work.
    if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
      throw Error(ErrorCode::already_exists,
                  fmt::format("{} is being written by another process", part_));
    }
    if (!has_name(fd.get(), part_)) continue;
    if (::ftruncate(fd.get(), 0) != 0) throw system_error("empty", part_, errno);
    file_ = std::make_shared<const FileDescriptor>(std::move(fd));
    return;
  }
}

void PartFile::restart() {
  (void)::unlink(part_.c_str());
  file_.reset();
  open();
}

void PartFile::publish() {
  if (::fsync(file_->get()) != 0) throw system_error("write", part_, errno);
  const int error = replace_ ? (::rename(part_.c_str(), target_.c_str()) == 0 ? 0 : errno)
                             : rename_no_replace(part_, target_);
  if (error == EEXIST) throw_is_there(target_);
  if (error != 0) throw system_error("rename to " + target_ + " the file", part_, error);
  published_ = true;
}

}  // namespace engram::store
