#pragma once

#include <string>

namespace engram::testing {

/// An HDF5 file with a little of everything that a conversion tells apart:
///  /counts   int16 (1000, 8), deflated in chunks of (300, 8), 0..7999; attribute "unit" = "V"
///  /rates    float64 (5,), contiguous, 0.5 1.5 ...
///  /label    scalar text "spikes"
///  /group    with an attribute "n" = 7, a soft link "again" to /counts
void make_sample(const std::string& path);

/// The same and a soft link /nowhere that leads nowhere.
void make_sample_with_dangling_link(const std::string& path);

/// Groups in groups, deeper than engram follows.
void make_deep_file(const std::string& path);

/// A file that takes long to convert but no room: a contiguous dataset /large of `bytes` zeros that
/// were never written.
void make_sparse_file(const std::string& path, unsigned long long bytes);

}  // namespace engram::testing
