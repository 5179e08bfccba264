#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "hdf5/library.hpp"

namespace engram::hdf5 {

/// Where HDF5 puts the variable-length values of one read: they go away together, without a walk
/// over the pointers, and a file can't make them larger than allowed.
class Arena {
 public:
  explicit Arena(std::uint64_t limit) : limit_(limit) {}
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  /// Transfer properties that make H5Dread allocate here.
  Handle transfer_properties();

  /// True when HDF5 asked for more than the limit, and was refused.
  bool exceeded() const noexcept { return exceeded_; }
  std::uint64_t limit() const noexcept { return limit_; }

 private:
  static void* allocate(std::size_t size, void* arena);
  static void release(void* memory, void* arena);

  std::uint64_t limit_, used_ = 0;
  bool exceeded_ = false;
  std::vector<std::unique_ptr<std::byte[]>> blocks_;
  std::byte* next_ = nullptr;
  std::size_t left_ = 0;
};

}  // namespace engram::hdf5
