#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "hdf5/filters.hpp"

namespace engram::hdf5 {

/// Gives HDF5 the filters that engram decodes itself (codec/hdf5_filter.hpp), bzip2 and zstd: for
/// data that only HDF5 itself can read, such as values of variable length. So no plugin of these is
/// looked for or loaded, wherever HDF5_PLUGIN_PATH points to. A filter that the program has
/// registered before keeps its place. Those for which numcodecs has a codec encode, too. Under
/// HDF5's mutex.
void register_own_filters();

/// Tells those filters what a chunk decodes to, as long as it lives: on this thread, for one
/// dataset. Without, it is at most as long as Limits allow.
class ExpectedChunks {
 public:
  /// `size` is that of a decoded chunk as it is stored; none: not known, as of the sources of a
  /// virtual dataset, but at most `most`. HDF5 takes whatever such a filter gives for a whole
  /// chunk.
  ExpectedChunks(const std::vector<Filter>& filters, std::optional<std::uint64_t> size,
                 std::uint64_t most);
  ~ExpectedChunks();
  ExpectedChunks(const ExpectedChunks&) = delete;
  ExpectedChunks& operator=(const ExpectedChunks&) = delete;

  /// What the first of the filters that failed said.
  const std::optional<Error>& failure() const noexcept { return failure_; }

 private:
  friend class FilterRun;

  std::uint64_t most_ = 0;
  std::optional<std::uint64_t> size_;
  H5Z_filter_t first_ = 0;  ///< Whose result has size_ bytes; 0: none of which that is sure.
  std::optional<Error> failure_;
  ExpectedChunks* outer_ = nullptr;
};

}  // namespace engram::hdf5
