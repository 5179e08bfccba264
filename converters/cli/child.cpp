#include "converters/cli/child.hpp"

#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <exception>
#include <fstream>
#include <new>
#include <system_error>
#include <thread>

#include "engram/base/error.hpp"

namespace engram::cli {
namespace {

constexpr int kCancelled = static_cast<int>(ErrorCode::cancelled);

void limit(__rlimit_resource resource, rlim_t value) {
  rlimit both{};
  if (::getrlimit(resource, &both) != 0) return;
  if (both.rlim_max != RLIM_INFINITY && both.rlim_max < value) return;
  both.rlim_cur = value;
  (void)::setrlimit(resource, &both);
}

// Sanitizers reserve terabytes, and a limit below that would refuse the next page.
std::uint64_t addresses_in_use() {
  std::uint64_t pages = 0;
  std::ifstream("/proc/self/statm") >> pages;
  return pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

sigset_t stop_signals() {
  sigset_t set;
  sigemptyset(&set);
  // SIGUSR1 ends the thread that waits.
  for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGUSR1}) sigaddset(&set, number);
  return set;
}

// Turns signals into a stop request. A child that was left alone and does not end in time (it may
// hang in the HDF5 library, where nothing is heard) is ended here.
void wait_for_signals(const std::stop_source& stop, pid_t parent, double grace) {
  const auto set = stop_signals();
  double left = grace;
  while (true) {
    constexpr timespec kTick{0, 200'000'000};
    const int number = ::sigtimedwait(&set, nullptr, &kTick);
    if (number == SIGUSR1) return;
    if (number > 0) stop.request_stop();
    if (!stop.stop_requested() || ::getppid() == parent) continue;
    left -= 0.2;
    if (left <= 0) ::_exit(kCancelled);
  }
}

// What is thrown where nothing may be, by a lack of memory as a rule: said here, so that the parent
// does not take the abort for a crash of the HDF5 library.
[[noreturn]] void end_of_exception() noexcept {
  const char* text =
      "engram: error: this is a bug in engram, please report it: an exception escaped\n";
  int status = kInternalError;
  try {
    if (const auto thrown = std::current_exception()) std::rethrow_exception(thrown);
  } catch (const std::bad_alloc&) {
    text = "engram: error: there is not enough memory\n";
    status = static_cast<int>(ErrorCode::limit_exceeded);
  } catch (const std::system_error&) {
    text = "engram: error: the system refused a thread: too many may run, or memory ran out\n";
    status = static_cast<int>(ErrorCode::io_error);
  } catch (...) {
  }
  (void)!::write(STDERR_FILENO, text, std::strlen(text));
  ::_exit(status);
}

}  // namespace

void run_child(const Work& work, const Heartbeat& heartbeat, pid_t parent,
               const Supervision& options) noexcept {
  (void)::prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (::getppid() != parent) ::_exit(kCancelled);
  // A crash is expected on damaged files; its image would lie in the user's directory.
  limit(RLIMIT_CORE, 0);
  if (options.address_space != 0 && options.address_space > addresses_in_use())
    limit(RLIMIT_AS, options.address_space);
  std::signal(SIGXFSZ, SIG_IGN);
  if (!options.dies_of_closed_pipe) std::signal(SIGPIPE, SIG_IGN);
  auto set = stop_signals();
  ::sigprocmask(SIG_BLOCK, &set, nullptr);
  sigset_t child_ended;
  sigemptyset(&child_ended);
  sigaddset(&child_ended, SIGCHLD);
  ::sigprocmask(SIG_UNBLOCK, &child_ended, nullptr);

  std::set_terminate(end_of_exception);
  int status = 0;
  // In a function that is noexcept an exception may reach the handler above without being known.
  try {
    std::stop_source stop;
    std::thread waiter(wait_for_signals, stop, parent, options.grace);
    try {
      status = work(heartbeat, stop.get_token());
    } catch (...) {
      end_of_exception();
    }
    ::pthread_kill(waiter.native_handle(), SIGUSR1);
    waiter.join();
  } catch (...) {
    end_of_exception();
  }
  std::fflush(stdout);
  std::fflush(stderr);
  // Not exit(): the HDF5 library's own tidying up may crash on what it has read.
  ::_exit(status);
}

}  // namespace engram::cli
