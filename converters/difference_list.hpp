#pragma once

#include <cstdint>
#include <mutex>
#include <vector>

#include "engram/compare.hpp"

namespace engram::converter {

/// The differences that threads find, in whatever order; the same are kept for any.
///
/// Threads: add() may be called by many threads at once.
class DifferenceList {
 public:
  /// Keeps the first `most` by path.
  explicit DifferenceList(std::uint64_t most) : most_(most) {}

  void add(Difference difference);

  std::uint64_t total() const noexcept { return total_; }

  /// Those that are kept, by path. The list is empty then.
  std::vector<Difference> take();

 private:
  const std::uint64_t most_;
  std::mutex mutex_;
  std::uint64_t total_ = 0;
  std::vector<Difference> heap_;  ///< The last by path in front.
};

}  // namespace engram::converter
