#pragma once

#include <string>
#include <string_view>

#include "store/part_file.hpp"

namespace engram::converter {

/// A file beside the result (a report, a manifest) that appears under its name, in the place of one
/// that is there, when it is complete, or not at all. Until then it is PATH.part, which the
/// destructor removes unless publish() was called.
class ResultFile {
 public:
  /// Throws as check(), and Error(already_exists) when another process writes it.
  ResultFile(const std::string& path, const std::string& source, const std::string& target);

  /// Throws Error when there can be no such file, before any work is done: not_found (no parent
  /// directory), invalid_argument (no name for a file; it is the source, or lies in it or in the
  /// target). `source` and `target` are paths, of which either may be empty or not there yet.
  static void check(const std::string& path, const std::string& source, const std::string& target);

  /// Removes what a process that was killed has left of the file at `path`. Throws nothing.
  static void remove_leftover(const std::string& path) noexcept;

  /// Adds `text`. Throws Error(io_error).
  void write(std::string_view text);

  /// Makes what was written durable and gives it its name. Throws Error(io_error).
  void publish();

 private:
  store::PartFile file_;
};

}  // namespace engram::converter
