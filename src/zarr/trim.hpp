#pragma once

#include <span>

#include "engram/zarr/array.hpp"

namespace engram::zarr {

/// Makes sure that an array which grows along `axes` shows the fill value there and nothing else:
/// removes the chunks outside of its shape, and puts the fill value where a chunk goes beyond it.
/// Such is left by a writer that was killed before the shape told of it, and by resize(). Values
/// inside the shape stay, whoever reads meanwhile. Lists the array's keys.
void trim(StoreHandle store, const Array& array, std::span<const std::size_t> axes,
          const Limits& limits = {});

}  // namespace engram::zarr
