#pragma once

#include "hdf5/data_type.hpp"

namespace engram::hdf5 {

/// The little-endian HDF5 type for numbers of `type`: boolean, integer, unsigned_integer (`bits`
/// makes it a bitfield), floating or complex.
Handle memory_number(const DataType& type, bool bits = false);

/// NUL-padded text of `length` bytes, or a char* where it is 0.
Handle memory_text(std::uint64_t length, bool utf8);

/// A compound of `members` as they lie in memory, `size` bytes in all.
Handle memory_record(const std::vector<Member>& members, std::uint64_t size);

/// `shape` times `element`.
Handle memory_array(hid_t element, const Shape& shape);

}  // namespace engram::hdf5
