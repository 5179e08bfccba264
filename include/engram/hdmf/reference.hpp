#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engram/array/region.hpp"

namespace engram::hdmf {

/// An object reference: the place of a group or dataset, and the ids that HDMF keeps beside it.
struct Reference {
  std::string source = ".";  ///< The file that holds the target; "." is the own one.
  std::string path;          ///< Absolute, through hard links only: "/general/devices/d".
  std::optional<std::string> object_id;         ///< Of the target, where it has one.
  std::optional<std::string> source_object_id;  ///< Of the root of the target's file.

  friend bool operator==(const Reference&, const Reference&) = default;
};

/// A region reference: a dataset and a selection of its elements.
struct RegionReference {
  Reference target;
  /// The selection is the union of these boxes; a single element is a box of ones. Empty: nothing
  /// selected.
  std::vector<Region> regions;

  friend bool operator==(const RegionReference&, const RegionReference&) = default;
};

}  // namespace engram::hdmf
