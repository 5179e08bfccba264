#pragma once

// The functions of 1.10 also with later versions of the library.
#define H5_USE_110_API  // NOLINT: hdf5.h asks for a macro
#include <hdf5.h>

#include <string>
#include <string_view>

#include "engram/base/error.hpp"
#include "engram/hdf5/handle.hpp"
#include "engram/hdf5/library.hpp"

namespace engram::hdf5 {

/// Holds the one mutex under which libhdf5 is entered, whether or not it was built thread-safe. The
/// same thread may hold it several times.
class Locked {
 public:
  Locked();
  ~Locked();
  Locked(const Locked&) = delete;
  Locked& operator=(const Locked&) = delete;
};

/// What HDF5's error stack says about the call that failed last on this thread.
struct Failure {
  ErrorCode code = ErrorCode::corrupt_data;
  std::string text;  ///< The innermost message; never empty.
};
Failure last_failure();

/// Throws an Error that says what was being done and what HDF5 said about it.
[[noreturn]] void throw_failure(std::string_view doing);

/// `result` unless it is negative, as it is when an HDF5 function failed: then an Error. `doing`
/// completes the sentence "can't ...".
template <typename Result>
Result check(Result result, std::string_view doing) {
  if (result < 0) throw_failure(doing);
  return result;
}

/// check() for functions that return a new reference.
inline Handle own(hid_t id, std::string_view doing) { return Handle(check(id, doing)); }

}  // namespace engram::hdf5
