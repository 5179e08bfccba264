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

}  // namespace

int DirectWrites::write(int fd, BytesView value) noexcept {
  const bool fits =
      value.size() >= kLarge && reinterpret_cast<std::uintptr_t>(value.data()) % kBlock == 0;
  if (fits && possible_) {
    const int error = now_++ < kMost ? write_direct(fd, value) : 0;
    --now_;
    if (error != 0) return error;
  }
  return write_all(fd, value);
}

// What is left of `value` then is for the cache: its end, or all where the file system refuses.
int DirectWrites::write_direct(int fd, BytesView& value) noexcept {
  if (!set_direct(fd, true)) {
    possible_ = false;
    return 0;
  }
  int error = 0;
  const ThreadPool::Waiting waiting;
  while (error == 0 && value.size() >= kBlock) {
    const ssize_t written = ::write(fd, value.data(), value.size() / kBlock * kBlock);
    if (written > 0) {
      value = value.subspan(static_cast<std::size_t>(written));
      // A part of a block was taken: the next would begin where none does.
      if (static_cast<std::size_t>(written) % kBlock != 0) break;
    } else if (written < 0 && errno == EINVAL) {
      possible_ = false;
      break;
    } else if (written == 0 || errno != EINTR) {
      error = written == 0 ? EIO : errno;
    }
  }
  if (!set_direct(fd, false) && error == 0) error = errno;
  return error;
}

}  // namespace engram::store
