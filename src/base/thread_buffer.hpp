#pragma once

#include <cstddef>
#include <new>
#include <utility>
#include <vector>

#include "engram/base/bytes.hpp"

namespace engram {

/// Bytes for work on one chunk, kept by the thread for the next: fresh memory of that size costs
/// more than the copy into it. What is in them at first is of no meaning. Buffers that are in use
/// at the same time are different ones.
class ThreadBuffer {
 public:
  ThreadBuffer() noexcept {
    if (kept().empty()) return;
    bytes_ = std::move(kept().back());
    kept().pop_back();
  }
  ~ThreadBuffer() {
    if (bytes_.capacity() > kKeptBytes || kept().size() >= kKept) return;
    try {
      kept().push_back(std::move(bytes_));
    } catch (const std::bad_alloc&) {
      return;  // Then it is not kept.
    }
  }
  ThreadBuffer(const ThreadBuffer&) = delete;
  ThreadBuffer& operator=(const ThreadBuffer&) = delete;

  Bytes& bytes() noexcept { return bytes_; }

 private:
  // What a thread keeps at most; larger buffers are given back at once.
  static constexpr std::size_t kKept = 2, kKeptBytes = 32U << 20;

  static std::vector<Bytes>& kept() noexcept {
    thread_local std::vector<Bytes> buffers;
    return buffers;
  }

  Bytes bytes_;
};

}  // namespace engram
