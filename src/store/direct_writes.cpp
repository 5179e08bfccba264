#include "direct_writes.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>

#include "base/posix_file.hpp"
#include "engram/base/thread_pool.hpp"

namespace engram::store {
namespace {

// Addresses and sizes are multiples of the disk's blocks, which are no larger.
constexpr std::size_t kBlock = 4096;

bool set_direct(int fd, bool direct) noexcept {
  const int flags = ::fcntl(fd, F_GETFL);
  return flags >= 0 && ::fcntl(fd, F_SETFL, direct ? flags | O_DIRECT : flags & ~O_DIRECT) == 0;
}

// The error number; EINVAL where the file system can't.
int write_direct(int fd, BytesView blocks) noexcept {
  if (!set_direct(fd, true)) return EINVAL;
  const ThreadPool::Waiting waiting;
  const int error = write_all(fd, blocks);
  return !set_direct(fd, false) && error == 0 ? errno : error;
}

}  // namespace

int DirectWrites::write(int fd, BytesView value) noexcept {
  const bool fits =
      value.size() >= kLarge && reinterpret_cast<std::uintptr_t>(value.data()) % kBlock == 0;
  if (fits && possible_) {
    int error = 0;
    if (now_++ < kMost) {
      const std::size_t size = value.size() / kBlock * kBlock;
      error = write_direct(fd, value.first(size));
      if (error == EINVAL) {
        possible_ = false;
        error = ::lseek(fd, 0, SEEK_SET) == 0 ? 0 : errno;
      } else {
        value = value.subspan(size);  // The end is for the cache.
      }
    }
    --now_;
    if (error != 0) return error;
  }
  return write_all(fd, value);
}

}  // namespace engram::store
