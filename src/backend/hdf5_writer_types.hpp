#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "engram/array/data_type.hpp"
#include "engram/hdf5/handle.hpp"
#include "engram/hdmf/object_source.hpp"

namespace engram::backend {

/// Names and values of an enumeration, as hdmf::DatasetBuilder has them.
using Enumeration = std::vector<std::pair<std::string, std::int64_t>>;

/// The HDF5 type that stores elements of `type` with just their bytes: booleans as h5py's
/// enumeration, complex numbers as its compound of r and i, structured types as compounds. Throws
/// Error(unsupported) for what HDF5 has no type for: unicode and times, at any depth.
hdf5::Handle stored_type(const DataType& type);

/// The same for integers, with names for their values.
hdf5::Handle stored_type(const DataType& type, const Enumeration& names);

/// Why elements of `type` can't be stored as they are; empty: they can.
std::string why_not_in_hdf5(const DataType& type);

/// `type` as HDF5 can have it: numbers little-endian, text for unicode, times as whole numbers,
/// structured types as records.
hdmf::ObjectType in_hdf5(const hdmf::ObjectType& type);

/// True for text of fixed length, and for what holds some.
bool has_fixed_text(const hdmf::ObjectType& type);

/// `type` with all text of variable length.
hdmf::ObjectType with_variable_text(const hdmf::ObjectType& type);

/// True for records with an array whose elements have sequences: HDF5 1.10 writes several such
/// values at once wrongly (the sequences of all but the last become zeros), one by one rightly.
bool goes_one_by_one(const hdmf::ObjectType& type);

}  // namespace engram::backend
