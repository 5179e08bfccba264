#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <optional>

#include "engram/base/error.hpp"
#include "engram/base/limits.hpp"

namespace engram::backend {

/// Keeps a dataset whose shape claims any number of values, of which next to none are stored, from
/// being read for years: see Limits::max_unstored_values.
///
/// Threads: any.
class ClaimCheck {
 public:
  explicit ClaimCheck(const Limits& limits) : limit_(limits.max_unstored_values) {}

  /// Before `count` values of `claimed` are read. Once many were, `stored()` is asked how many of
  /// them may be stored at most, or nullopt where nobody knows. Throws Error(limit_exceeded).
  template <typename Stored>
  void before_read(std::uint64_t count, std::uint64_t claimed, const Stored& stored) {
    if (claimed <= limit_ || is_checked_) return;
    if ((read_ += std::min(count, kMany)) < std::min(kMany, limit_)) return;
    const std::optional<std::uint64_t> most = stored();
    if (most && claimed - std::min(claimed, *most) > limit_)
      throw Error(
          ErrorCode::limit_exceeded,
          fmt::format("the shape claims {} values, of which at most {} are stored: above the "
                      "limit of {} for those that are not",
                      claimed, *most, limit_));
    is_checked_ = true;
  }

 private:
  static constexpr std::uint64_t kMany = 1U << 20U;  // Less is read before anyone asks.

  const std::uint64_t limit_;
  std::atomic<std::uint64_t> read_ = 0;
  std::atomic<bool> is_checked_ = false;
};

}  // namespace engram::backend
