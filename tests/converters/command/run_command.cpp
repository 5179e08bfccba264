#include "converters/command/run_command.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>

namespace engram::testing {
namespace {

namespace fs = std::filesystem;

std::string new_file() {
  std::string name = (fs::temp_directory_path() / "engram-output-XXXXXX").string();
  const int descriptor = ::mkstemp(name.data());
  if (descriptor < 0) throw std::runtime_error("no temporary file");
  ::close(descriptor);
  return name;
}

}  // namespace

RunningCommand::RunningCommand(const std::vector<std::string>& arguments,
                               std::optional<rlim_t> file_size)
    : out_path_(new_file()), err_path_(new_file()) {
  std::vector<char*> words{const_cast<char*>(ENGRAM_COMMAND)};
  for (const auto& argument : arguments) words.push_back(const_cast<char*>(argument.c_str()));
  words.push_back(nullptr);
  pid_ = ::fork();
  if (pid_ < 0) throw std::runtime_error("no process");
  if (pid_ != 0) return;
  ::dup2(::open(out_path_.c_str(), O_WRONLY), STDOUT_FILENO);
  ::dup2(::open(err_path_.c_str(), O_WRONLY), STDERR_FILENO);
  if (file_size) {
    const rlimit limit{*file_size, *file_size};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ::execv(ENGRAM_COMMAND, words.data());
  ::_exit(126);
}

RunningCommand::~RunningCommand() {
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  std::error_code ignored;
  fs::remove(out_path_, ignored);
  fs::remove(err_path_, ignored);
}

pid_t RunningCommand::worker() const {
  const auto number = std::to_string(pid_);
  for (int i = 0; i < 3000; ++i) {
    pid_t child = 0;
    if (std::ifstream("/proc/" + number + "/task/" + number + "/children") >> child) return child;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  throw std::runtime_error("the command has no child");
}

CommandResult RunningCommand::wait() {
  int status = 0;
  ::waitpid(pid_, &status, 0);
  pid_ = -1;
  return {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), file_text(out_path_),
          file_text(err_path_)};
}

CommandResult run_engram(const std::vector<std::string>& arguments,
                         std::optional<rlim_t> file_size) {
  return RunningCommand(arguments, file_size).wait();
}

std::string file_text(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

std::vector<std::pair<std::string, std::string>> files_below(const std::string& directory) {
  std::vector<std::pair<std::string, std::string>> files;
  for (const auto& entry : fs::recursive_directory_iterator(directory)) {
    if (!entry.is_regular_file()) continue;
    files.emplace_back(fs::relative(entry.path(), directory).string(),
                       file_text(entry.path().string()));
  }
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace engram::testing
