#pragma once

#include <cstddef>

namespace engram::fuzz {

/// Counts what malloc and free do from here on, in this whole process. When more than `most` bytes
/// are held beyond those at the beginning, says so and aborts, where a debugger or a sanitizer
/// shows who asked for them.
void watch_memory(std::size_t most) noexcept;

/// Ends the counting; the most that was held.
std::size_t end_watch() noexcept;

}  // namespace engram::fuzz
