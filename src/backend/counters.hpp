#pragma once

#include <atomic>
#include <cstdint>

#include "engram/backend/backend.hpp"
#include "engram/codec/adopt.hpp"

namespace engram::backend {

/// WriterCounters that many threads add to.
struct Counters {
  std::atomic<std::uint64_t> files = 0, bytes = 0;
  std::atomic<std::uint64_t> chunks_verbatim = 0, chunks_framed = 0, chunks_recoded = 0,
                             chunks_inflated = 0, chunks_taken_over = 0;

  /// A chunk that came encoded.
  void count(codec::Adoption adoption) noexcept {
    switch (adoption) {
      case codec::Adoption::verbatim:
        ++chunks_verbatim;
        break;
      case codec::Adoption::framed:
        ++chunks_framed;
        break;
      case codec::Adoption::inflated:
        ++chunks_inflated;
        ++chunks_recoded;
        break;
      case codec::Adoption::recoded:
        ++chunks_recoded;
        break;
    }
  }

  WriterCounters now() const noexcept {
    return {files,          bytes,           chunks_verbatim,  chunks_framed,
            chunks_recoded, chunks_inflated, chunks_taken_over};
  }
};

}  // namespace engram::backend
