#pragma once

#include <string>
#include <vector>

#include "engram/backend/backend.hpp"
#include "engram/hdmf/builder.hpp"

namespace engram::converter {

/// Puts links to where they lie in place of the datasets of `tree` that can be read through one,
/// for a store at `target`: arrays of numbers from a Zarr directory that are no objects, have no
/// references in their attributes and are the target of none. Links of the tree to such an array
/// lead to where it lies too. Tells how many arrays could not be linked because they lie in no such
/// directory and not in memory. Throws Error(invalid_argument) when an array lies in `target`
/// itself.
void link_datasets(hdmf::GroupBuilder& tree, const std::string& target,
                   std::vector<backend::Notice>& notices);

}  // namespace engram::converter
