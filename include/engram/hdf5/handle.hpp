#pragma once

#include <cstdint>
#include <utility>

namespace engram::hdf5 {

/// What hdf5.h calls hid_t. It stands here so that engram's headers don't pull in hdf5.h.
using Id = std::int64_t;

/// One reference to an HDF5 object, given back by the destructor.
///
/// Threads: like a smart pointer. The destructor enters HDF5 and so waits for whoever is in there.
class Handle {
 public:
  Handle() = default;
  /// Takes over the reference that an HDF5 function returned.
  explicit Handle(Id id) noexcept : id_(id) {}
  Handle(Handle&& other) noexcept : id_(std::exchange(other.id_, -1)) {}
  Handle& operator=(Handle&& other) noexcept {
    std::swap(id_, other.id_);
    return *this;
  }
  ~Handle();

  /// A further reference to what `id` names (a predefined type, for example).
  static Handle share(Id id);

  /// Gives the reference away: to who closes it and wants to know whether that worked.
  Id release() noexcept { return std::exchange(id_, -1); }

  Id id() const noexcept { return id_; }
  explicit operator bool() const noexcept { return id_ >= 0; }

 private:
  Id id_ = -1;
};

}  // namespace engram::hdf5
