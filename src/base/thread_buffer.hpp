#pragma once

#include <cstddef>
#include <new>
#include <utility>
#include <vector>

#include "engram/base/buffer.hpp"
#include "engram/base/bytes.hpp"

namespace engram {

/// Memory for work on one chunk, kept by the thread for the next: fresh memory of that size costs
/// more than the copy into it. What is in it at first is of no meaning. What is in use at the same
/// time is different memory.
template <typename Memory>
class ThreadMemory {
 public:
  ThreadMemory() noexcept {
    if (kept().empty()) return;
    memory_ = std::move(kept().back());
    kept().pop_back();
  }
  ~ThreadMemory() {
    if (capacity(memory_) > kKeptBytes || kept().size() >= kKept) return;
    try {
      kept().push_back(std::move(memory_));
    } catch (const std::bad_alloc&) {
      return;  // Then it is not kept.
    }
  }
  ThreadMemory(const ThreadMemory&) = delete;
  ThreadMemory& operator=(const ThreadMemory&) = delete;

  Memory& bytes() noexcept { return memory_; }

 private:
  // What a thread keeps at most; larger buffers are given back at once.
  static constexpr std::size_t kKept = 2, kKeptBytes = 32U << 20;

  static std::size_t capacity(const Bytes& bytes) noexcept { return bytes.capacity(); }
  static std::size_t capacity(const Buffer& buffer) noexcept { return buffer.size(); }

  static std::vector<Memory>& kept() noexcept {
    thread_local std::vector<Memory> memories;
    return memories;
  }

  Memory memory_;
};

using ThreadBuffer = ThreadMemory<Bytes>;
/// Where what is written is no more than a part of it.
using ThreadScratch = ThreadMemory<Buffer>;

}  // namespace engram
