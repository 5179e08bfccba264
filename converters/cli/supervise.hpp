#pragma once

#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>

namespace engram::cli {

/// The exit status of what should never happen.
inline constexpr int kInternalError = 70;

/// The line from the child that works to the parent that watches.
///
/// Threads: every member may be called by many threads at once. None blocks or throws: when the
/// parent does not read, words are lost.
class Heartbeat {
 public:
  explicit Heartbeat(int descriptor) : descriptor_(descriptor) {}

  /// Something was done; `path` is what is worked on, empty: as before.
  void beat(const std::string& path = {}) const noexcept;

  /// From now on so many seconds of CPU time may pass without a beat.
  void patience(double seconds) const noexcept;

 private:
  void send(char kind, const std::string& text) const noexcept;

  int descriptor_;
};

struct Supervision {
  double patience = 30;  ///< Seconds of the child's CPU time without a beat after which it hangs.
  double grace = 0.8;    ///< Seconds that a child has to end once it was asked to stop.
  /// Bytes of address space that the child may have; 0: not limited. Builds with sanitizers never
  /// limit it: they reserve terabytes.
  std::uint64_t address_space = 0;
  /// Writing to a closed pipe ends the child, as is usual for a filter; else it is an error there.
  bool dies_of_closed_pipe = false;
};

/// How the child ended.
struct Outcome {
  enum class Kind {
    exited,     ///< By itself; `status` is its exit status.
    crashed,    ///< By signal `status`, raised by what it did; 0: a library called exit().
    hung,       ///< It was killed here because it burned time and did nothing.
    cancelled,  ///< It was asked to stop and did not end in time, or by the request itself.
    killed,     ///< Somebody else killed it: the system, when memory ran out, or a user.
    closed_pipe,
  };
  Kind kind = Kind::exited;
  int status = 0;
  std::string path;     ///< What it worked on last; empty when that is not known.
  int stop_signal = 0;  ///< The signal that asked it to stop; 0: none did.
};

/// What the child does; what it returns becomes its exit status, at most kInternalError. It must
/// not throw. The token is stopped by SIGINT, SIGTERM, SIGHUP and the death of the parent.
using Work = std::function<int(const Heartbeat&, std::stop_token)>;

/// Runs `work` in a forked child and watches it until it ends. The HDF5 library crashes and hangs
/// on damaged files: here that ends a child, and the parent lives to say so and to tidy up.
///
/// To be called before any thread exists. Signals that ask to stop are passed on to the child. The
/// child ends with its parent. Throws Error(io_error) when there can be no child.
Outcome supervise(const Work& work, const Supervision& options);

/// The command's exit status for `outcome`: that of a child that ended by itself, the number of an
/// ErrorCode, or 128 and the number of the signal that stopped it.
int exit_status(const Outcome& outcome) noexcept;

/// One sentence for the user about an outcome that is not `exited`; `source` is the file that was
/// read, `consequence` what it means: "nothing was written".
std::string describe(const Outcome& outcome, const std::string& source,
                     const std::string& consequence);

}  // namespace engram::cli
