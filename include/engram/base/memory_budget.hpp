#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace engram {

/// A number of bytes that tasks share. It allocates nothing: a task states what it is about to
/// hold, waits until that much is free, and gives it back.
///
/// Threads: every member may be called by many threads at once. Who asks first is served first, so
/// that a large request is not overtaken for ever by small ones.
class MemoryBudget {
 public:
  /// A budget of 0 bytes counts as 1: then every task that needs memory runs alone.
  explicit MemoryBudget(std::uint64_t bytes) : total_(bytes == 0 ? 1 : bytes) {}
  MemoryBudget(const MemoryBudget&) = delete;
  MemoryBudget& operator=(const MemoryBudget&) = delete;

  std::uint64_t total() const noexcept { return total_; }

  /// Bytes that are taken at the moment.
  std::uint64_t used() const;

  /// Bytes of the budget that one object reserves, given back by its destructor.
  class Share {
   public:
    Share() = default;
    Share(Share&& other) noexcept;
    Share& operator=(Share&& other) noexcept;
    ~Share();

   private:
    friend class MemoryBudget;
    Share(MemoryBudget* budget, std::uint64_t bytes) : budget_(budget), bytes_(bytes) {}
    MemoryBudget* budget_ = nullptr;
    std::uint64_t bytes_ = 0;
  };

  /// Waits until `bytes` are free and takes them. A request above the whole budget waits until
  /// nothing else is taken and then has all of it, so that it runs alone instead of never.
  /// A thread that holds a share must not wait for another one.
  Share take(std::uint64_t bytes);

 private:
  void give_back(std::uint64_t bytes) noexcept;

  const std::uint64_t total_;
  mutable std::mutex mutex_;
  std::condition_variable freed_;
  std::uint64_t used_ = 0;
  std::uint64_t next_ticket_ = 0;
  std::uint64_t now_served_ = 0;
};

}  // namespace engram
