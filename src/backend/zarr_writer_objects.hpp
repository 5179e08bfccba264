#pragma once

#include <cstdint>

#include "backend/zarr_writer_array.hpp"
#include "backend/zarr_writer_form.hpp"
#include "engram/backend/backend.hpp"
#include "engram/store/store.hpp"

namespace engram::backend {

/// Writes the values of a dataset of objects under `path` ("a/b") in `store`, block by block, and
/// leaves in `metadata` what is to be written as the array's metadata.
ObjectResult write_object_values(const std::string& path, const hdmf::DatasetBuilder& dataset,
                                 ObjectForm& form, std::uint64_t block_bytes, store::Store& store,
                                 Counters& counters, zarr::ArrayMetadata& metadata);

}  // namespace engram::backend
