#pragma once

#include <atomic>
#include <cstdint>

namespace engram::backend {

/// WriterCounters that many threads add to.
struct Counters {
  std::atomic<std::uint64_t> files = 0, bytes = 0;
  std::atomic<std::uint64_t> chunks_verbatim = 0, chunks_framed = 0, chunks_recoded = 0,
                             chunks_inflated = 0, chunks_taken_over = 0;
};

}  // namespace engram::backend
