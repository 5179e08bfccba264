#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engram/array/array_source.hpp"
#include "hdf5/library.hpp"

namespace engram::hdf5 {

/// One step of a dataset's filter pipeline.
struct Filter {
  H5Z_filter_t id = 0;
  bool optional = false;         ///< A chunk may have been stored without it.
  std::vector<unsigned> values;  ///< HDF5's client data.
  std::string name;              ///< As the file calls it; may be empty.
};

/// The pipeline that dataset creation properties name, first applied first.
std::vector<Filter> filters_of(hid_t creation_properties);

/// The codec that decodes what `filter` wrote: numcodecs' name where it has one, else "hdf5:32008".
CodecConfig codec_of(const Filter& filter);

/// The reverse of codec_of(): the filter that decodes chunks of `chunk_size` bytes, in elements of
/// `element_size`, that `codec` encoded; nullopt: HDF5 has none. A shuffle of other elements is one
/// that it has not.
std::optional<Filter> filter_of(const CodecConfig& codec, std::uint64_t element_size,
                                std::uint64_t chunk_size);

/// True for the filters that every HDF5 library has, with no plugin.
bool is_common(H5Z_filter_t id);

/// Adds `filters` to the pipeline that dataset creation properties name.
void add_filters(hid_t creation_properties, const std::vector<Filter>& filters);

/// True when this HDF5 library can decode the filter, by itself or by a plugin that it finds.
bool is_available(H5Z_filter_t id);

/// Makes is_available() ask HDF5 about `id` again.
void forget_availability(H5Z_filter_t id);

/// "blosc2 (HDF5 filter 32026)".
std::string describe(const Filter& filter);

/// A sentence about filters that are not available, and what the user can do.
std::string missing_filters_text(const std::vector<Filter>& missing);

}  // namespace engram::hdf5
