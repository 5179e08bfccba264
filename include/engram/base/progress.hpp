#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace engram {

/// How far a piece of work has come. Bytes are decoded ("raw") bytes of the source.
struct Progress {
  std::uint64_t bytes_done = 0;
  std::uint64_t bytes_total = 0;
  std::uint64_t chunks_done = 0;
  std::uint64_t chunks_total = 0;
  std::uint64_t nodes_done = 0;  ///< Arrays that are complete.
  std::uint64_t nodes_total = 0;
  std::string path;  ///< The array that was worked on last.
};

/// Called from one thread at a time, at most ten times a second and once at the end; never after
/// the function that it was given to has returned. It must not throw.
using ProgressCallback = std::function<void(const Progress&)>;

}  // namespace engram
