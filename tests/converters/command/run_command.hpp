#pragma once

#include <sys/resource.h>
#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

namespace engram::testing {

struct CommandResult {
  int status = -1;  ///< Exit status; 128 + signal when it died of one.
  std::string out, err;
};

/// The built command, run as a user runs it.
class RunningCommand {
 public:
  /// Starts `engram ARGUMENTS`. `file_size`: the largest file that it may write.
  explicit RunningCommand(const std::vector<std::string>& arguments,
                          std::optional<rlim_t> file_size = std::nullopt);
  /// Kills what still runs.
  ~RunningCommand();
  RunningCommand(const RunningCommand&) = delete;
  RunningCommand& operator=(const RunningCommand&) = delete;

  pid_t pid() const noexcept { return pid_; }
  /// The process that does the work; waits until there is one.
  pid_t worker() const;
  CommandResult wait();

 private:
  pid_t pid_ = -1;
  std::string out_path_, err_path_;
};

CommandResult run_engram(const std::vector<std::string>& arguments,
                         std::optional<rlim_t> file_size = std::nullopt);

/// The whole file at `path`.
std::string file_text(const std::string& path);

/// All files below `directory` by relative path, with their content.
std::vector<std::pair<std::string, std::string>> files_below(const std::string& directory);

}  // namespace engram::testing
