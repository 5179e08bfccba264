#pragma once

#include <cstdint>
#include <vector>

#include "engram/array/region.hpp"
#include "hdf5_format/format_file.hpp"

namespace engram::hdf5_format {

/// A selection as HDF5 stores it, in virtual datasets and region references ("HDF5 File Format
/// Specification Version 4.0", appendix C).
struct StoredSelection {
  enum class Kind : std::uint8_t {
    none = 0,
    points = 1,  ///< `numbers` are the coordinates of each.
    blocks = 2,  ///< `numbers` are the first and the last coordinates of each.
    all = 3,
    regular = 4,  ///< `numbers` are start, stride, count and block of each dimension; ~0: no end.
  };
  Kind kind = Kind::all;
  std::size_t rank = 0;
  std::vector<std::uint64_t> numbers;
};

/// The selection at `cursor`, in any version up to HDF5 2.0's. Throws Error(corrupt_data).
StoredSelection read_selection(FormatCursor& cursor);

/// Appends the selection in a version that HDF5 1.10 knows. Throws Error(unsupported) when it has
/// none: points and blocks past 2^32.
void write_selection(const StoredSelection& selection, Bytes& out);

/// The boxes that make up the selection, of a dataset of `shape`. Throws Error(limit_exceeded) for
/// more than `max_boxes`, Error(corrupt_data) when it has other dimensions or no end.
std::vector<Region> boxes_of(const StoredSelection& selection, const Shape& shape,
                             std::uint64_t max_boxes);

}  // namespace engram::hdf5_format
