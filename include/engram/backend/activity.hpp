#pragma once

#include <cstdint>

namespace engram::backend {

/// A number that rises as long as any reader of this process gets on inside the HDF5 library, so
/// that whoever supervises the process can tell a large file from a library that hangs.
///
/// Threads: may be called at any time, from any thread; it takes no lock.
std::uint64_t hdf5_activity() noexcept;

}  // namespace engram::backend
