#pragma once

#include <memory>

#include "engram/array/array_source.hpp"
#include "hdf5/dataset.hpp"

namespace engram::hdf5 {

/// `dataset`, whose type is a number, as a source of its elements.
std::shared_ptr<const ArraySource> make_array_source(std::shared_ptr<const Dataset> dataset);

}  // namespace engram::hdf5
