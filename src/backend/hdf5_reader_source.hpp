#pragma once

#include <memory>

#include "backend/hdf5_reader_objects.hpp"
#include "engram/hdmf/object_source.hpp"
#include "hdf5/dataset.hpp"

namespace engram::backend {

/// `dataset`, whose elements are no numbers, as a source of values. References become the places
/// that `objects` knows.
std::shared_ptr<const hdmf::ObjectSource> make_object_source(
    std::shared_ptr<const hdf5::Dataset> dataset, std::shared_ptr<const PlacedObjects> objects,
    const Limits& limits);

}  // namespace engram::backend
