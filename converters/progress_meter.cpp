#include "converters/progress_meter.hpp"

#include <utility>

namespace engram::converter {
namespace {

constexpr std::chrono::nanoseconds kInterval = std::chrono::milliseconds(100);

}  // namespace

ProgressMeter::ProgressMeter(ProgressCallback callback, Progress totals)
    : callback_(std::move(callback)),
      totals_(std::move(totals)),
      next_((Clock::now().time_since_epoch() + kInterval).count()) {}

void ProgressMeter::add(std::uint64_t bytes, std::uint64_t chunks, std::uint64_t nodes,
                        const std::string& path) {
  bytes_.fetch_add(bytes, std::memory_order_relaxed);
  chunks_.fetch_add(chunks, std::memory_order_relaxed);
  nodes_.fetch_add(nodes, std::memory_order_relaxed);
  if (!callback_) return;
  const auto now = Clock::now().time_since_epoch().count();
  if (now < next_.load(std::memory_order_relaxed)) return;
  // A thread that finds another one reporting has nothing to add to it.
  const std::unique_lock lock(mutex_, std::try_to_lock);
  if (!lock || now < next_.load(std::memory_order_relaxed)) return;
  next_.store(now + kInterval.count(), std::memory_order_relaxed);
  report(path);
}

void ProgressMeter::finish() {
  if (!callback_) return;
  const std::lock_guard lock(mutex_);
  report({});
}

void ProgressMeter::report(const std::string& path) {
  Progress progress = totals_;
  progress.bytes_done = bytes_.load(std::memory_order_relaxed);
  progress.chunks_done = chunks_.load(std::memory_order_relaxed);
  progress.nodes_done = nodes_.load(std::memory_order_relaxed);
  progress.path = path;
  callback_(progress);
}

}  // namespace engram::converter
