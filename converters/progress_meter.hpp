#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>

#include "engram/base/progress.hpp"

namespace engram::converter {

/// Counts what is done and passes it on: at most ten times a second, from one thread at a time.
///
/// Threads: every member may be called by many threads at once, but for finish().
class ProgressMeter {
 public:
  /// `totals` gives the members that end in `_total`. An empty `callback` is never called.
  ProgressMeter(ProgressCallback callback, Progress totals);

  /// Adds to what is done; `path` is the array that it belongs to.
  void add(std::uint64_t bytes, std::uint64_t chunks, std::uint64_t nodes, const std::string& path);

  /// The last call, at once. All tasks have ended before.
  void finish();

 private:
  using Clock = std::chrono::steady_clock;

  void report(const std::string& path);

  ProgressCallback callback_;
  Progress totals_;
  std::atomic<std::uint64_t> bytes_{0}, chunks_{0}, nodes_{0};
  std::atomic<std::int64_t> next_;  ///< Nanoseconds of Clock before which nothing is reported.
  std::mutex mutex_;
};

}  // namespace engram::converter
