#include "engram/base/thread_pool.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <mutex>
#include <set>
#include <stdexcept>
#include <thread>
#include <vector>

#include "engram/base/error.hpp"
#include "testing/expect_error.hpp"

namespace engram {
namespace {

using testing::expect_error;

constexpr std::uint64_t kPlenty = 1ULL << 40;

TEST(ThreadPoolTest, HasAsManyThreadsAsAsked) {
  EXPECT_EQ(ThreadPool(3).size(), 3U);
  EXPECT_GE(ThreadPool().size(), 1U);
}

TEST(ThreadPoolTest, RunsAllBeforeItGoes) {
  std::atomic<int> done = 0;
  {
    ThreadPool pool(2);
    for (int i = 0; i < 1000; ++i) pool.submit([&] { ++done; });
  }
  EXPECT_EQ(done, 1000);
}

TEST(ThreadPoolTest, OneThreadKeepsTheOrder) {
  std::vector<int> order;
  {
    ThreadPool pool(1);
    for (int i = 0; i < 100; ++i) pool.submit([&order, i] { order.push_back(i); });
  }
  for (int i = 0; i < 100; ++i) EXPECT_EQ(order[static_cast<std::size_t>(i)], i);
}

TEST(ThreadPoolTest, RunsAtTheSameTime) {
  ThreadPool pool(2);
  std::promise<void> first;
  std::promise<void> second;
  pool.submit([&] {
    first.set_value();
    second.get_future().wait();
  });
  std::promise<void> done;
  pool.submit([&] {
    first.get_future().wait();
    second.set_value();
    done.set_value();
  });
  EXPECT_EQ(done.get_future().wait_for(std::chrono::seconds(30)), std::future_status::ready);
}

// Counts how many of some tasks are between begin() and end() at a time, at most.
class Together {
 public:
  void begin() {
    const int now = ++now_;
    int before = most_;
    while (before < now && !most_.compare_exchange_weak(before, now)) {
    }
  }
  void end() { --now_; }
  int most() const { return most_; }

 private:
  std::atomic<int> now_ = 0, most_ = 0;
};

TEST(ThreadPoolTest, NoMoreRunAtOnceThanAsked) {
  Together running;
  {
    ThreadPool pool(2);
    for (int i = 0; i < 50; ++i)
      pool.submit([&] {
        running.begin();
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
        running.end();
      });
  }
  EXPECT_EQ(running.most(), 2);
}

TEST(ThreadPoolTest, OthersRunWhileATaskWaits) {
  constexpr int kWaiting = static_cast<int>(ThreadPool::kMostWaiting);
  ThreadPool pool(1);
  std::promise<void> go, done;
  const std::shared_future<void> gone(go.get_future());
  std::atomic<int> waiting = 0;
  Together running;
  for (int i = 0; i < kWaiting; ++i)
    pool.submit([&, gone] {
      const ThreadPool::Waiting outer;
      const ThreadPool::Waiting inner;  // Counts for nothing.
      ++waiting;
      gone.wait();
    });
  for (int i = 0; i < 20; ++i)
    pool.submit([&, i] {
      running.begin();
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
      running.end();
      if (i == 19) done.set_value();
    });
  EXPECT_EQ(done.get_future().wait_for(std::chrono::seconds(30)), std::future_status::ready);
  EXPECT_EQ(waiting, kWaiting);
  EXPECT_EQ(running.most(), 1);
  go.set_value();
}

TEST(ThreadPoolTest, WhoWaitsBeyondThatKeepsItsPlace) {
  constexpr int kMost = 1 + static_cast<int>(ThreadPool::kMostWaiting);
  Together waiting;
  {
    ThreadPool pool(1);
    for (int i = 0; i < 40; ++i)
      pool.submit([&] {
        const ThreadPool::Waiting wait;
        waiting.begin();
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
        waiting.end();
      });
  }
  EXPECT_LE(waiting.most(), kMost);
  EXPECT_GT(waiting.most(), 1);
}

TEST(ThreadPoolTest, WaitingElsewhereIsNothing) {
  const ThreadPool::Waiting wait;
  ThreadPool pool(1);
  std::promise<void> done;
  pool.submit([&] { done.set_value(); });
  EXPECT_EQ(done.get_future().wait_for(std::chrono::seconds(30)), std::future_status::ready);
}

TEST(TaskStreamTest, RunsEachTaskOnce) {
  ThreadPool pool(4);
  MemoryBudget budget(1000);
  std::vector<std::atomic<int>> runs(5000);
  TaskStream stream(pool, budget);
  for (std::size_t i = 0; i < runs.size(); ++i) {
    EXPECT_TRUE(stream.add(i % 300, [&runs, i] { ++runs[i]; }));
  }
  stream.finish();
  for (const auto& count : runs) ASSERT_EQ(count, 1);
  EXPECT_EQ(budget.used(), 0U);
  stream.finish();  // Nothing more to wait for.
}

TEST(TaskStreamTest, GivesMemoryBackWhenATaskEnds) {
  ThreadPool pool(4);
  MemoryBudget budget(100);
  std::atomic<std::uint64_t> held = 0;
  std::atomic<std::uint64_t> most = 0;
  TaskStream stream(pool, budget);
  for (int i = 0; i < 500; ++i) {
    stream.add(40, [&] {
      const std::uint64_t now = held += 40;
      std::uint64_t before = most;
      while (before < now && !most.compare_exchange_weak(before, now)) {
      }
      held -= 40;
    });
  }
  stream.finish();
  EXPECT_LE(most, 80U);
}

TEST(TaskStreamTest, FirstExceptionStopsTheRest) {
  ThreadPool pool(2);
  MemoryBudget budget(1);
  std::atomic<int> later = 0;
  TaskStream stream(pool, budget);
  EXPECT_TRUE(stream.add(1, [] { throw Error(ErrorCode::corrupt_data, "bad chunk"); }));
  for (int i = 0; i < 100; ++i) {
    // The budget lets one run at a time, so the failure is known when the next share is free.
    EXPECT_FALSE(stream.add(1, [&] { ++later; }));
  }
  expect_error(ErrorCode::corrupt_data, "bad chunk", [&] { stream.finish(); });
  EXPECT_EQ(later, 0);
  EXPECT_EQ(budget.used(), 0U);
}

TEST(TaskStreamTest, QueuedTasksAreSkippedAfterAFailure) {
  ThreadPool pool(1);
  MemoryBudget budget(kPlenty);
  std::promise<void> go;
  std::atomic<int> later = 0;
  TaskStream stream(pool, budget);
  stream.add(0, [&] {
    go.get_future().wait();
    throw std::runtime_error("disk is gone");
  });
  for (int i = 0; i < 50; ++i) EXPECT_TRUE(stream.add(0, [&] { ++later; }));
  go.set_value();
  EXPECT_THROW(stream.finish(), std::runtime_error);
  EXPECT_EQ(later, 0);
}

TEST(TaskStreamTest, StopRequestCancels) {
  ThreadPool pool(2);
  MemoryBudget budget(kPlenty);
  std::stop_source source;
  TaskStream stream(pool, budget, source.get_token());
  std::atomic<int> runs = 0;
  EXPECT_TRUE(stream.add(1, [&] { ++runs; }));
  source.request_stop();
  EXPECT_FALSE(stream.add(1, [&] { ++runs; }));
  expect_error(ErrorCode::cancelled, "stopped on request", [&] { stream.finish(); });
  EXPECT_LE(runs, 1);
}

TEST(TaskStreamTest, AnExceptionGoesBeforeAStop) {
  ThreadPool pool(1);
  MemoryBudget budget(kPlenty);
  std::stop_source source;
  TaskStream stream(pool, budget, source.get_token());
  stream.add(1, [&] {
    source.request_stop();
    throw Error(ErrorCode::io_error, "full");
  });
  expect_error(ErrorCode::io_error, "full", [&] { stream.finish(); });
}

TEST(TaskStreamTest, WithoutFinishNothingIsLeftRunning) {
  ThreadPool pool(1);
  MemoryBudget budget(kPlenty);
  std::atomic<int> runs = 0;
  std::promise<void> started;
  {
    std::promise<void> go;
    TaskStream stream(pool, budget);
    stream.add(0, [&] {
      started.set_value();
      go.get_future().wait();
      ++runs;
    });
    for (int i = 0; i < 20; ++i) stream.add(0, [&] { ++runs; });
    started.get_future().wait();
    go.set_value();
  }
  const int after = runs;
  EXPECT_GE(after, 1);
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_EQ(runs, after);
}

TEST(TaskStreamTest, ATaskIsDestroyedBeforeFinishReturns) {
  ThreadPool pool(2);
  MemoryBudget budget(kPlenty);
  const auto held = std::make_shared<int>(1);
  TaskStream stream(pool, budget);
  for (int i = 0; i < 100; ++i) stream.add(1, [held] { EXPECT_EQ(*held, 1); });
  stream.finish();
  EXPECT_EQ(held.use_count(), 1);
}

TEST(TaskStreamTest, StreamsShareAPool) {
  ThreadPool pool(2);
  MemoryBudget budget(1000);
  TaskStream good(pool, budget);
  TaskStream bad(pool, budget);
  std::atomic<int> runs = 0;
  for (int i = 0; i < 100; ++i) {
    EXPECT_TRUE(good.add(10, [&] { ++runs; }));
    bad.add(10, [] { throw std::runtime_error("bad"); });
  }
  EXPECT_THROW(bad.finish(), std::runtime_error);
  good.finish();
  EXPECT_EQ(runs, 100);
}

TEST(TaskStreamTest, CheapTasksDoNotPileUp) {
  ThreadPool pool(1);
  MemoryBudget budget(kPlenty);
  std::atomic<std::uint64_t> added = 0;
  std::atomic<std::uint64_t> furthest_ahead = 0;
  std::atomic<std::uint64_t> ran = 0;
  TaskStream stream(pool, budget);
  for (int i = 0; i < 20'000; ++i) {
    ++added;
    stream.add(0, [&] {
      const std::uint64_t ahead = added - ++ran;
      if (ahead > furthest_ahead) furthest_ahead = ahead;
    });
  }
  stream.finish();
  EXPECT_EQ(ran, 20'000U);
  EXPECT_LE(furthest_ahead, 1000U);
}

TEST(ParallelForTest, CallsEachNumberOnce) {
  ThreadPool pool(3);
  MemoryBudget budget(64);
  std::mutex mutex;
  std::multiset<std::uint64_t> seen;
  parallel_for(
      pool, budget, 1000, [](std::uint64_t i) { return i; },
      [&](std::uint64_t i) {
        const std::scoped_lock lock(mutex);
        seen.insert(i);
      });
  ASSERT_EQ(seen.size(), 1000U);
  EXPECT_EQ(*seen.begin(), 0U);
  EXPECT_EQ(*seen.rbegin(), 999U);
  EXPECT_EQ(std::set<std::uint64_t>(seen.begin(), seen.end()).size(), 1000U);
}

TEST(ParallelForTest, NothingToDo) {
  ThreadPool pool(1);
  MemoryBudget budget(1);
  parallel_for(
      pool, budget, 0, [](std::uint64_t) -> std::uint64_t { throw 1; },
      [](std::uint64_t) { FAIL(); });
}

TEST(ParallelForTest, RethrowsAndStops) {
  ThreadPool pool(2);
  MemoryBudget budget(1);
  std::atomic<int> runs = 0;
  expect_error(ErrorCode::corrupt_data, "chunk 3", [&] {
    parallel_for(
        pool, budget, 1'000'000, [](std::uint64_t) { return 1; },
        [&](std::uint64_t i) {
          ++runs;
          if (i == 3) throw Error(ErrorCode::corrupt_data, "chunk 3");
        });
  });
  EXPECT_EQ(runs, 4);
}

TEST(ParallelForTest, AnErrorOfCostIsTheCallers) {
  ThreadPool pool(2);
  MemoryBudget budget(1);
  EXPECT_THROW(parallel_for(
                   pool, budget, 10,
                   [](std::uint64_t i) -> std::uint64_t {
                     if (i == 5) throw std::length_error("cost");
                     return 1;
                   },
                   [](std::uint64_t) {}),
               std::length_error);
  EXPECT_EQ(budget.used(), 0U);
}

TEST(ParallelForTest, StopsOnRequest) {
  ThreadPool pool(2);
  MemoryBudget budget(1);
  std::stop_source source;
  expect_error(ErrorCode::cancelled, "stopped", [&] {
    parallel_for(
        pool, budget, 1'000'000, [](std::uint64_t) { return 1; },
        [&](std::uint64_t i) {
          if (i == 10) source.request_stop();
        },
        source.get_token());
  });
}

}  // namespace
}  // namespace engram
