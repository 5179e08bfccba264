#include "engram/base/memory_budget.hpp"

#include <algorithm>
#include <utility>

namespace engram {

MemoryBudget::Share::Share(Share&& other) noexcept
    : budget_(std::exchange(other.budget_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}

MemoryBudget::Share& MemoryBudget::Share::operator=(Share&& other) noexcept {
  if (this != &other) {
    if (budget_ != nullptr) budget_->give_back(bytes_);
    budget_ = std::exchange(other.budget_, nullptr);
    bytes_ = std::exchange(other.bytes_, 0);
  }
  return *this;
}

MemoryBudget::Share::~Share() {
  if (budget_ != nullptr) budget_->give_back(bytes_);
}

std::uint64_t MemoryBudget::used() const {
  const std::scoped_lock lock(mutex_);
  return used_;
}

MemoryBudget::Share MemoryBudget::take(std::uint64_t bytes) {
  const std::uint64_t wanted = std::min(bytes, total_);
  std::unique_lock lock(mutex_);
  const std::uint64_t ticket = next_ticket_++;
  freed_.wait(lock, [&] { return ticket == now_served_ && wanted <= total_ - used_; });
  used_ += wanted;
  ++now_served_;
  // Whoever comes next may fit as well.
  freed_.notify_all();
  return {this, wanted};
}

void MemoryBudget::give_back(std::uint64_t bytes) noexcept {
  // Notified under the lock: the budget may be destroyed as soon as its last share is back.
  const std::scoped_lock lock(mutex_);
  used_ -= bytes;
  freed_.notify_all();
}

}  // namespace engram
