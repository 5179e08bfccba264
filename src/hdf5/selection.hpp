#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "engram/array/region.hpp"
#include "engram/hdf5/file.hpp"

namespace engram::hdf5 {

/// What a region reference points at.
struct Selection {
  std::uint64_t file_number = 0;  ///< As File::number().
  std::uint64_t address = 0;      ///< Of the dataset.
  std::vector<Region> boxes;      ///< Their union is the selection.
};

/// The selection that the region reference at `memory`, read from `file`, names. nullopt when it
/// leads nowhere. Throws Error(limit_exceeded) for more than `max_boxes` boxes.
std::optional<Selection> dereference(const File& file, const std::byte* memory,
                                     std::uint64_t max_boxes);

/// True when `memory` holds a region reference that was never set.
bool is_null_region(const std::byte* memory);

}  // namespace engram::hdf5
