#pragma once

#include <optional>

#include "engram/base/bytes.hpp"

namespace engram::hdf5_format {

/// The datatype message `bytes` in versions that HDF5 1.10 knows, where they can say the same. A
/// library that is told to write the latest format gives compounds, enumerations, arrays and
/// sequences of the same form a higher version. A complex number becomes the compound of `r` and
/// `i` as which h5py and others have stored it so far. Types that are new stay as they are.
/// nullopt: nothing changes. Throws Error(corrupt_data).
///
/// "HDF5 File Format Specification Version 4.0", section IV.A.2.d.
std::optional<Bytes> older_type(BytesView bytes);

/// The same for an attribute message, with the datatype in it.
std::optional<Bytes> older_attribute(BytesView bytes);

}  // namespace engram::hdf5_format
