#include "converters/cli/supervise.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstring>
#include <ctime>
#include <optional>
#include <string_view>
#include <system_error>

#include "converters/cli/child.hpp"
#include "engram/base/error.hpp"

namespace engram::cli {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kPollMilliseconds = 100;
// A message fits into one write that the kernel does not split (PIPE_BUF is 4096).
constexpr std::size_t kLongestText = 2000;

[[noreturn]] void throw_system(const char* what) {
  throw Error(ErrorCode::io_error,
              fmt::format("{}: {}", what, std::generic_category().message(errno)));
}

class Descriptor {
 public:
  explicit Descriptor(int number = -1) : number_(number) {}
  ~Descriptor() { reset(); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  int get() const noexcept { return number_; }
  void reset() noexcept {
    if (number_ >= 0) ::close(number_);
    number_ = -1;
  }

 private:
  int number_;
};

// The signals that the parent reads from a descriptor, blocked as long as this lives.
class BlockedSignals {
 public:
  BlockedSignals() {
    sigemptyset(&set_);
    for (const int number : {SIGCHLD, SIGINT, SIGTERM, SIGHUP}) sigaddset(&set_, number);
    ::sigprocmask(SIG_BLOCK, &set_, &before_);
    // Who started us may have it ignored, and then children could not be waited for.
    old_child_action_ = std::signal(SIGCHLD, SIG_DFL);
  }
  ~BlockedSignals() {
    if (old_child_action_ != SIG_ERR) std::signal(SIGCHLD, old_child_action_);
    ::sigprocmask(SIG_SETMASK, &before_, nullptr);
  }
  BlockedSignals(const BlockedSignals&) = delete;
  BlockedSignals& operator=(const BlockedSignals&) = delete;

  const sigset_t& set() const noexcept { return set_; }

 private:
  sigset_t set_{}, before_{};
  void (*old_child_action_)(int) = SIG_ERR;
};

class Watch {
 public:
  Watch(pid_t child, int pipe, int signals, const Supervision& options)
      : child_(child), pipe_(pipe), signals_(signals), options_(options) {
    patience_ = options.patience;
  }

  Outcome run() {
    while (true) {
      std::array<pollfd, 2> ready{{{pipe_, POLLIN, 0}, {signals_, POLLIN, 0}}};
      if (pipe_closed_) ready[0].fd = -1;
      (void)::poll(ready.data(), ready.size(), kPollMilliseconds);
      read_messages();
      read_signals();
      int status = 0;
      const auto ended = ::waitpid(child_, &status, WNOHANG);
      if (ended == child_) {
        read_messages();
        return outcome(status);
      }
      if (ended < 0 && errno != EINTR) throw_system("the working process can't be waited for");
      check_patience();
      check_grace();
    }
  }

 private:
  void read_messages() {
    std::array<char, 4096> buffer{};
    while (!pipe_closed_) {
      const auto size = ::read(pipe_, buffer.data(), buffer.size());
      if (size == 0) pipe_closed_ = true;
      if (size <= 0) break;
      pending_.append(buffer.data(), static_cast<std::size_t>(size));
    }
    std::size_t start = 0;
    for (auto end = pending_.find('\n'); end != std::string::npos;
         end = pending_.find('\n', start)) {
      take_message(std::string_view(pending_).substr(start, end - start));
      start = end + 1;
    }
    pending_.erase(0, start);
  }

  void take_message(std::string_view message) {
    cpu_at_beat_ = cpu_seconds();
    if (message.empty()) return;
    const auto text = message.substr(1);
    if (message.front() == 'b' && !text.empty()) path_ = text;
    if (message.front() == 'p') {
      double seconds = 0;
      std::from_chars(text.data(), text.data() + text.size(), seconds);
      if (seconds > 0) patience_ = seconds;
    }
  }

  void read_signals() {
    signalfd_siginfo info{};
    while (::read(signals_, &info, sizeof info) == static_cast<ssize_t>(sizeof info)) {
      if (info.ssi_signo == SIGCHLD) continue;
      // A second request means now.
      ::kill(child_, asked_ ? SIGKILL : SIGTERM);
      if (asked_) continue;
      asked_ = Clock::now();
      stop_signal_ = static_cast<int>(info.ssi_signo);
    }
  }

  double cpu_seconds() const {
    clockid_t clock{};
    timespec time{};
    if (::clock_getcpuclockid(child_, &clock) != 0 || ::clock_gettime(clock, &time) != 0) return 0;
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
  }

  void check_patience() {
    if (hung_ || cpu_seconds() - cpu_at_beat_ < patience_) return;
    hung_ = true;
    ::kill(child_, SIGKILL);
  }

  void check_grace() {
    if (!asked_) return;
    const std::chrono::duration<double> since = Clock::now() - *asked_;
    if (since.count() > options_.grace) ::kill(child_, SIGKILL);
  }

  Outcome outcome(int status) const {
    if (WIFEXITED(status)) {
      // No command ends so by itself, but the HDF5 library may call exit().
      if (WEXITSTATUS(status) > kInternalError) return {Outcome::Kind::crashed, 0, path_, 0};
      return {Outcome::Kind::exited, WEXITSTATUS(status), path_, stop_signal_};
    }
    const int number = WTERMSIG(status);
    const auto kind = [&] {
      if (hung_) return Outcome::Kind::hung;
      if (asked_) return Outcome::Kind::cancelled;
      switch (number) {
        case SIGPIPE:
          return Outcome::Kind::closed_pipe;
        case SIGINT:
        case SIGTERM:
        case SIGHUP:
          return Outcome::Kind::cancelled;
        case SIGKILL:
          return Outcome::Kind::killed;
        default:
          return Outcome::Kind::crashed;
      }
    }();
    const bool itself = kind == Outcome::Kind::cancelled && !asked_;
    return {kind, number, path_, itself ? number : stop_signal_};
  }

  pid_t child_;
  int pipe_, signals_;
  const Supervision& options_;
  double patience_;
  double cpu_at_beat_ = 0;
  bool pipe_closed_ = false;
  bool hung_ = false;
  std::optional<Clock::time_point> asked_;
  int stop_signal_ = 0;
  std::string pending_, path_;
};

}  // namespace

void Heartbeat::beat(const std::string& path) const noexcept { send('b', path); }

void Heartbeat::patience(double seconds) const noexcept {
  std::array<char, 32> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), seconds).ptr;
  send('p', std::string(text.data(), end));
}

void Heartbeat::send(char kind, const std::string& text) const noexcept {
  std::array<char, kLongestText + 2> message{};
  std::size_t size = 0;
  message[size++] = kind;
  for (const char c : std::string_view(text).substr(0, kLongestText)) {
    message.at(size++) = c == '\n' ? ' ' : c;
  }
  message.at(size++) = '\n';
  (void)!::write(descriptor_, message.data(), size);
}

Outcome supervise(const Work& work, const Supervision& options) {
  const BlockedSignals blocked;
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) != 0) throw_system("no pipe");
  Descriptor reading(ends[0]), writing(ends[1]);
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  if (child < 0) throw_system("the working process can't be started");
  if (child == 0) {
    reading.reset();
    run_child(work, Heartbeat(writing.get()), parent, options);
  }
  writing.reset();
  const Descriptor signals(::signalfd(-1, &blocked.set(), SFD_CLOEXEC | SFD_NONBLOCK));
  return Watch(child, reading.get(), signals.get(), options).run();
}

int exit_status(const Outcome& outcome) noexcept {
  const auto code = [](ErrorCode value) { return static_cast<int>(value); };
  switch (outcome.kind) {
    case Outcome::Kind::exited:
      if (outcome.status == code(ErrorCode::cancelled) && outcome.stop_signal != 0) break;
      return outcome.status;
    case Outcome::Kind::crashed:
    case Outcome::Kind::hung:
      return code(ErrorCode::corrupt_data);
    case Outcome::Kind::cancelled:
      break;
    case Outcome::Kind::killed:
      return code(ErrorCode::io_error);
    case Outcome::Kind::closed_pipe:
      return 128 + SIGPIPE;
  }
  return 128 + outcome.stop_signal;
}

std::string describe(const Outcome& outcome, const std::string& source,
                     const std::string& consequence) {
  const auto place = outcome.path.empty() ? source : fmt::format("{} of {}", outcome.path, source);
  switch (outcome.kind) {
    case Outcome::Kind::crashed:
      if (outcome.status == 0) {
        return fmt::format(
            "the HDF5 library gave up while reading {}: the file is damaged, or memory ran out; {}",
            place, consequence);
      }
      return fmt::format(
          "the HDF5 library failed while reading {} (signal {}, {}): the file is "
          "damaged; {}",
          place, outcome.status, ::strsignal(outcome.status), consequence);
    case Outcome::Kind::hung:
      return fmt::format("the HDF5 library hangs while reading {}: the file is damaged; {}", place,
                         consequence);
    case Outcome::Kind::cancelled:
      return fmt::format("stopped; {}", consequence);
    case Outcome::Kind::killed:
      return fmt::format(
          "the work was killed from outside while reading {} (memory may have run "
          "out); {}",
          place, consequence);
    case Outcome::Kind::exited:
    case Outcome::Kind::closed_pipe:
      break;
  }
  return {};
}

}  // namespace engram::cli
