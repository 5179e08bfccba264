#include "engram/base/memory_budget.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <thread>
#include <utility>
#include <vector>

namespace engram {
namespace {

void wait_a_little() { std::this_thread::sleep_for(std::chrono::milliseconds(20)); }

TEST(MemoryBudgetTest, SharesComeAndGo) {
  MemoryBudget budget(100);
  EXPECT_EQ(budget.total(), 100U);
  {
    const MemoryBudget::Share a = budget.take(60);
    const MemoryBudget::Share b = budget.take(40);
    EXPECT_EQ(budget.used(), 100U);
    const MemoryBudget::Share nothing = budget.take(0);
    EXPECT_EQ(budget.used(), 100U);
  }
  EXPECT_EQ(budget.used(), 0U);
}

TEST(MemoryBudgetTest, SharesMove) {
  MemoryBudget budget(100);
  MemoryBudget::Share a = budget.take(30);
  MemoryBudget::Share b = std::move(a);
  EXPECT_EQ(budget.used(), 30U);
  b = budget.take(10);
  EXPECT_EQ(budget.used(), 10U) << "what was held before is given back";
  MemoryBudget::Share& same = b;
  b = std::move(same);
  EXPECT_EQ(budget.used(), 10U);
  b = MemoryBudget::Share();
  EXPECT_EQ(budget.used(), 0U);
}

TEST(MemoryBudgetTest, WaitsUntilEnoughIsFree) {
  MemoryBudget budget(100);
  std::atomic<bool> has_it = false;
  MemoryBudget::Share mine = budget.take(50);
  std::thread other([&] {
    const MemoryBudget::Share theirs = budget.take(51);
    has_it = true;
  });
  wait_a_little();
  EXPECT_FALSE(has_it);
  mine = MemoryBudget::Share();
  other.join();
  EXPECT_TRUE(has_it);
}

TEST(MemoryBudgetTest, MoreThanAllRunsAlone) {
  MemoryBudget budget(100);
  std::atomic<bool> has_it = false;
  MemoryBudget::Share mine = budget.take(1);
  std::thread other([&] {
    const MemoryBudget::Share theirs = budget.take(1'000'000);
    EXPECT_EQ(budget.used(), 100U);
    has_it = true;
  });
  wait_a_little();
  EXPECT_FALSE(has_it);
  mine = MemoryBudget::Share();
  other.join();
  EXPECT_TRUE(has_it);
}

TEST(MemoryBudgetTest, ABudgetOfNothingLetsOneRunAtATime) {
  MemoryBudget budget(0);
  const MemoryBudget::Share share = budget.take(7);
  EXPECT_EQ(budget.used(), budget.total());
}

/// Whether a request for 10 bytes that comes `pause` after one for all of them waits for that one.
bool small_request_waits_behind_large(std::chrono::milliseconds pause) {
  MemoryBudget budget(100);
  MemoryBudget::Share first = budget.take(50);
  std::atomic<bool> large_has_it = false;
  std::atomic<bool> small_was_later = false;
  std::thread large([&] {
    const MemoryBudget::Share share = budget.take(100);
    large_has_it = true;
  });
  std::this_thread::sleep_for(pause);
  std::thread small([&] {
    const MemoryBudget::Share share = budget.take(10);
    small_was_later = large_has_it.load();
  });
  std::this_thread::sleep_for(pause);
  first = MemoryBudget::Share();
  large.join();
  small.join();
  return small_was_later;
}

TEST(MemoryBudgetTest, SmallRequestsDoNotOvertakeALargeOne) {
  // On a busy machine the large request may come late, so that it deserves no precedence.
  bool waits = false;
  for (int milliseconds = 10; milliseconds < 2000 && !waits; milliseconds *= 2) {
    waits = small_request_waits_behind_large(std::chrono::milliseconds(milliseconds));
  }
  EXPECT_TRUE(waits);
}

TEST(MemoryBudgetTest, IsNeverExceeded) {
  MemoryBudget budget(1000);
  std::atomic<std::uint64_t> held = 0;
  std::atomic<bool> was_exceeded = false;
  {
    std::vector<std::jthread> threads;
    for (std::uint64_t t = 0; t < 4; ++t) {
      threads.emplace_back([&, t] {
        for (std::uint64_t i = 0; i < 2000; ++i) {
          const std::uint64_t bytes = (i * 37 + t * 101) % 1000;
          const MemoryBudget::Share share = budget.take(bytes);
          if ((held += bytes) > 1000) was_exceeded = true;
          held -= bytes;
        }
      });
    }
  }
  EXPECT_FALSE(was_exceeded);
  EXPECT_EQ(budget.used(), 0U);
}

}  // namespace
}  // namespace engram
