#pragma once

#include <cstdint>
#include <string>

namespace engram::hdf5 {

/// How often libhdf5 has been entered since the program began. It rises as long as work in HDF5
/// goes on, so somebody who watches it can tell a long file from a hanging library.
///
/// Threads: may be called at any time, from any thread; it takes no lock.
std::uint64_t calls() noexcept;

/// The version of the HDF5 library that is in use: "1.10.8".
std::string library_version();

}  // namespace engram::hdf5
