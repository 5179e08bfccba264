#include "converters/checkpoint.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <ctime>

#include "base/posix_file.hpp"
#include "converters/unfinished.hpp"

namespace engram::converter {

Checkpoint::Checkpoint(const std::string& part, std::chrono::milliseconds period)
    : part_(part), period_(period), pool_(1) {
  const std::string mark = part_ + "/" + unfinished::kDurable;
  struct stat status {};
  if (::lstat(mark.c_str(), &status) == 0 && status.st_mtim.tv_sec > std::time(nullptr))
    ::unlink(mark.c_str());
  pool_.submit([this] { run(); });
}

Checkpoint::~Checkpoint() {
  const std::lock_guard lock(mutex_);
  ending_ = true;
  changed_.notify_all();
}

void Checkpoint::run() {
  std::unique_lock lock(mutex_);
  while (!changed_.wait_for(lock, period_, [this] { return ending_; })) {
    lock.unlock();
    make();
    lock.lock();
  }
}

// What fails here only makes a later --resume do more: the conversion itself tells of a bad disk.
void Checkpoint::make() const noexcept {
  try {
    const std::string fresh = part_ + "/" + unfinished::kDurable + ".new";
    const FileDescriptor directory(::open(part_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    FileDescriptor fd(
        ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0666));
    if (!directory.is_open() || !fd.is_open()) return;
    // Its own time, of the file system's clock, is the one that counts.
    if (::write(fd.get(), "\n", 1) != 1 || ::syncfs(directory.get()) != 0) return;
    const std::string mark = part_ + "/" + unfinished::kDurable;
    if (::rename(fresh.c_str(), mark.c_str()) == 0) ::fsync(directory.get());
  } catch (...) {
  }
}

}  // namespace engram::converter
