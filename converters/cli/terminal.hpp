#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "engram/base/progress.hpp"

namespace engram::cli {

/// One line that says how far the work has come, at most `width` columns wide:
/// "[####>     ] 41 %  1.2 GB of 2.9 GB  812.0 MB/s  2.1 s left  120/300 chunks  /acquisition/es".
/// What has no room is left out from the right; the path loses its beginning first.
std::string progress_line(const Progress& progress, double seconds, std::size_t width);

/// The same for programs: one JSON object, without a line break.
std::string progress_json(const Progress& progress, double seconds);

/// Shows progress on the standard error stream.
class ProgressDisplay {
 public:
  enum class Kind {
    none,
    bar,   ///< A line that is drawn again and again.
    json,  ///< A line of JSON each time.
  };

  explicit ProgressDisplay(Kind kind) : kind_(kind) {}
  ~ProgressDisplay() { clear(); }
  ProgressDisplay(const ProgressDisplay&) = delete;
  ProgressDisplay& operator=(const ProgressDisplay&) = delete;

  void show(const Progress& progress);

  /// Removes the bar, so that other lines can follow.
  void clear();

 private:
  Kind kind_;
  bool drawn_ = false;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

/// True when the standard error stream is a terminal that can redraw a line.
bool is_terminal() noexcept;

/// Removes a bar that a process which is dead has left on the terminal.
void clear_line() noexcept;

/// Text from a file as it may go to a terminal: control characters become "\xHH".
std::string printable(std::string_view text);

/// Prints "engram: KIND: TEXT" on the standard error stream.
void print_message(std::string_view kind, std::string_view text);

}  // namespace engram::cli
