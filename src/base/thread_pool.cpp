#include "engram/base/thread_pool.hpp"

#include <fmt/format.h>
#include <sched.h>

#include <algorithm>
#include <exception>
#include <system_error>
#include <utility>

#include "engram/base/error.hpp"

namespace engram {
namespace {

/// Tasks that may wait in a stream for each thread of its pool. They cost little memory each, but
/// a stream of cheap tasks must not pile up by the million in front of a slow pool.
constexpr std::size_t kWaitingPerThread = 64;

std::size_t usable_cores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) == 0) {
    const int count = CPU_COUNT(&set);
    if (count > 0) return static_cast<std::size_t>(count);
  }
  return std::max(1U, std::thread::hardware_concurrency());
}

// The pool that the thread is one of, unless its task waits for a device.
thread_local ThreadPool* own_pool = nullptr;

}  // namespace

ThreadPool::ThreadPool(std::size_t threads) {
  const std::size_t wanted = threads == 0 ? usable_cores() : threads;
  threads_.reserve(wanted + kMostWaiting);
  const std::scoped_lock lock(mutex_);
  try {
    while (threads_.size() < wanted + kMostWaiting) threads_.emplace_back([this] { run(); });
  } catch (const std::system_error& e) {
    // Where the system limits threads, fewer do the same work.
    if (threads_.empty()) {
      throw Error(ErrorCode::io_error, fmt::format("can't start a thread: {}", e.what()));
    }
  }
  size_ = std::min(wanted, threads_.size());
}

ThreadPool::~ThreadPool() {
  {
    const std::scoped_lock lock(mutex_);
    closing_ = true;
  }
  ready_.notify_all();
}

void ThreadPool::submit(std::function<void()> task) {
  {
    const std::scoped_lock lock(mutex_);
    tasks_.push_back(std::move(task));
  }
  ready_.notify_one();
}

void ThreadPool::run() {
  own_pool = this;
  std::unique_lock lock(mutex_);
  for (;;) {
    ready_.wait(lock, [this] { return tasks_.empty() ? closing_ : running_ < size_; });
    if (tasks_.empty()) return;
    std::function<void()> task = std::move(tasks_.front());
    tasks_.pop_front();
    ++running_;
    lock.unlock();
    task();
    task = nullptr;
    lock.lock();
    --running_;
    if (closing_ && tasks_.empty()) ready_.notify_all();
  }
}

ThreadPool::Waiting::Waiting() : pool_(own_pool) {
  if (pool_ == nullptr) return;
  const std::scoped_lock lock(pool_->mutex_);
  if (pool_->waiting_ == kMostWaiting) {
    pool_ = nullptr;
    return;
  }
  own_pool = nullptr;
  ++pool_->waiting_;
  --pool_->running_;
  pool_->ready_.notify_one();
}

ThreadPool::Waiting::~Waiting() {
  if (pool_ == nullptr) return;
  const std::scoped_lock lock(pool_->mutex_);
  // Another task may run in its place by now. It is too short a time to wait for that one's end.
  --pool_->waiting_;
  ++pool_->running_;
  own_pool = pool_;
}

/// What the stream and its tasks share; it outlives the stream while a task still runs.
struct TaskStream::State {
  explicit State(std::size_t most_pending) : most(most_pending) {}

  const std::size_t most;
  std::mutex mutex;
  std::condition_variable changed;
  std::size_t pending = 0;
  std::exception_ptr failure;
  bool abandoned = false;

  bool is_over() {
    const std::scoped_lock lock(mutex);
    return abandoned || failure != nullptr;
  }

  void keep_first(std::exception_ptr e) {
    const std::scoped_lock lock(mutex);
    if (!failure) failure = std::move(e);
  }

  // Who waits for room is woken when there is a good deal of it, not once for each task.
  std::size_t few() const { return most / 2; }

  void one_done() {
    const std::scoped_lock lock(mutex);
    --pending;
    if (pending == few() || pending == 0) changed.notify_all();
  }
};

TaskStream::TaskStream(ThreadPool& pool, MemoryBudget& budget, std::stop_token stop)
    : pool_(pool),
      budget_(budget),
      stop_(std::move(stop)),
      state_(std::make_shared<State>(kWaitingPerThread * pool.size())) {}

TaskStream::~TaskStream() {
  std::unique_lock lock(state_->mutex);
  state_->abandoned = true;
  state_->changed.wait(lock, [this] { return state_->pending == 0; });
}

bool TaskStream::add(std::uint64_t cost, std::function<void()> task) {
  if (stop_.stop_requested() || state_->is_over()) return false;
  {
    std::unique_lock lock(state_->mutex);
    if (state_->pending >= state_->most)
      state_->changed.wait(lock, [&] { return state_->pending <= state_->few(); });
  }
  auto share = std::make_shared<MemoryBudget::Share>(budget_.take(cost));
  if (stop_.stop_requested() || state_->is_over()) return false;
  {
    const std::scoped_lock lock(state_->mutex);
    ++state_->pending;
  }
  auto run = [state = state_, stop = stop_, share = std::move(share),
              task = std::move(task)]() mutable {
    try {
      if (!stop.stop_requested() && !state->is_over()) task();
    } catch (...) {
      state->keep_first(std::current_exception());
    }
    // What the task holds may refer to the caller's variables, which go once it is counted as done.
    task = nullptr;
    share.reset();
    std::exchange(state, nullptr)->one_done();
  };
  try {
    pool_.submit(std::move(run));
  } catch (...) {
    state_->one_done();
    throw;
  }
  return true;
}

void TaskStream::finish() {
  std::exception_ptr failure;
  {
    std::unique_lock lock(state_->mutex);
    state_->changed.wait(lock, [this] { return state_->pending == 0; });
    // Taken, so that no thread of the pool destroys what the caller may still look at.
    failure = std::exchange(state_->failure, nullptr);
    if (failure) state_->abandoned = true;
  }
  if (failure) std::rethrow_exception(failure);
  if (stop_.stop_requested()) throw Error(ErrorCode::cancelled, "stopped on request");
}

void parallel_for(ThreadPool& pool, MemoryBudget& budget, std::uint64_t n,
                  const std::function<std::uint64_t(std::uint64_t)>& cost,
                  const std::function<void(std::uint64_t)>& task, std::stop_token stop) {
  TaskStream stream(pool, budget, std::move(stop));
  for (std::uint64_t i = 0; i < n; ++i) {
    if (!stream.add(cost(i), [&task, i] { task(i); })) break;
  }
  stream.finish();
}

}  // namespace engram
