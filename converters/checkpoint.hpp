#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>

#include "engram/base/thread_pool.hpp"

namespace engram::converter {

/// Makes durable, now and then and by a thread of its own, what a conversion has written, so that
/// after a power cut it need not begin anew. In the directory that the conversion builds in, the
/// time of the last change of the file "durable" then says: every file that was last written before
/// it is on the disk.
class Checkpoint {
 public:
  /// `part` is the directory; the first time comes after `period`. A mark from the future is
  /// removed: the clock was set back, and what is written now would seem to be older.
  Checkpoint(const std::string& part, std::chrono::milliseconds period);
  /// Ends the thread; a sync that runs is waited for.
  ~Checkpoint();
  Checkpoint(const Checkpoint&) = delete;
  Checkpoint& operator=(const Checkpoint&) = delete;

 private:
  void run();
  void make() const noexcept;

  const std::string part_;
  const std::chrono::milliseconds period_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool ending_ = false;
  ThreadPool pool_;  ///< Last: its destructor waits for run().
};

}  // namespace engram::converter
