#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <stop_token>
#include <thread>
#include <vector>

#include "engram/base/memory_budget.hpp"

namespace engram {

/// A fixed number of threads that run tasks in the order in which they came.
///
/// Threads: submit() may be called by many threads at once. A task must not submit to its own pool
/// and wait: tasks wait for no other task.
class ThreadPool {
 public:
  /// Tasks that may wait for a device beside those that run.
  static constexpr std::size_t kMostWaiting = 2;

  /// For a task, or anything that one calls, while it waits for a device and needs no processor:
  /// another task of its pool may run meanwhile. Without effect on other threads, within another
  /// one, and where kMostWaiting wait already.
  class Waiting {
   public:
    Waiting();
    ~Waiting();
    Waiting(const Waiting&) = delete;
    Waiting& operator=(const Waiting&) = delete;

   private:
    ThreadPool* pool_;
  };

  /// `threads` of 0 means one for each core that the process may use.
  explicit ThreadPool(std::size_t threads = 0);
  /// Runs what was submitted, then joins.
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  /// How many tasks run at once, those that wait apart.
  std::size_t size() const noexcept { return size_; }

  /// Queues `task`, which must not throw. Returns at once.
  void submit(std::function<void()> task);

 private:
  void run();

  std::mutex mutex_;
  std::condition_variable ready_;
  std::deque<std::function<void()>> tasks_;
  std::size_t size_ = 0, running_ = 0, waiting_ = 0;
  bool closing_ = false;
  std::vector<std::jthread> threads_;
};

/// A stream of tasks on a pool, within a memory budget: what the converter and Zarr's parallel
/// reads are built on. One thread calls add() for each task and then finish(); it must not be a
/// thread of the pool, and must hold no share of the budget.
///
/// The first exception that a task throws stops the rest: queued tasks are skipped, add() returns
/// false from then on, and finish() throws it. A stop request does the same with Error(cancelled).
class TaskStream {
 public:
  TaskStream(ThreadPool& pool, MemoryBudget& budget, std::stop_token stop = {});
  /// Unless finish() was called: skips what is queued, waits for the tasks that run, and what they
  /// threw is lost.
  ~TaskStream();
  TaskStream(const TaskStream&) = delete;
  TaskStream& operator=(const TaskStream&) = delete;

  /// Waits until `cost` bytes of the budget are free and few enough tasks are queued, then queues
  /// `task`. When it ends, it is destroyed and the bytes are given back. Returns false, without
  /// queueing, when a task failed or a stop was requested.
  bool add(std::uint64_t cost, std::function<void()> task);

  /// Waits for all tasks. Throws the first exception of a task, or Error(cancelled).
  void finish();

 private:
  struct State;
  ThreadPool& pool_;
  MemoryBudget& budget_;
  std::stop_token stop_;
  std::shared_ptr<State> state_;
};

/// Runs task(0) ... task(n - 1) on `pool`, each only when cost(i) bytes of `budget` are free, and
/// waits for all. Rethrows the first exception; a stop request throws Error(cancelled).
void parallel_for(ThreadPool& pool, MemoryBudget& budget, std::uint64_t n,
                  const std::function<std::uint64_t(std::uint64_t)>& cost,
                  const std::function<void(std::uint64_t)>& task, std::stop_token stop = {});

}  // namespace engram
