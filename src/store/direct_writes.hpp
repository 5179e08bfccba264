#pragma once

#include <atomic>

#include "engram/base/bytes.hpp"

namespace engram::store {

/// Writes values to files; large ones past the system's cache, straight from where they lie, while
/// the disk has little else to do. To copy them there costs about as much as to compress them, and
/// several times that where the system first has to find memory for it, as a virtual machine does.
/// What comes while a few are on their way goes through the cache, so that a slow disk is not
/// waited for longer than these take. A file system that can't do it is asked once.
///
/// Threads: every member may be called by many at once.
class DirectWrites {
 public:
  /// What is written so at least, and how many values at a time at most.
  static constexpr std::size_t kLarge = 1U << 20;
  static constexpr int kMost = 2;

  /// Writes `value` to the new, empty file `fd` from its start on. Returns the error number.
  int write(int fd, BytesView value) noexcept;

 private:
  std::atomic<int> now_ = 0;
  std::atomic<bool> possible_ = true;
};

}  // namespace engram::store
