#pragma once

#include <sys/types.h>

#include "converters/cli/supervise.hpp"

namespace engram::cli {

/// The child's side of supervise(): sets up limits, signals and the stop token, runs `work` and
/// ends the process. `parent` is who forked.
[[noreturn]] void run_child(const Work& work, const Heartbeat& heartbeat, pid_t parent,
                            const Supervision& options) noexcept;

}  // namespace engram::cli
