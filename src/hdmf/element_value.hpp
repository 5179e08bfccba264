#pragma once

#include <vector>

#include "engram/array/array_source.hpp"
#include "engram/array/data_type.hpp"
#include "engram/hdmf/value.hpp"

namespace engram::hdmf {

/// What an element of a structured type becomes.
enum class RecordForm {
  list,    ///< A List in the order of the fields, as ObjectSource gives it.
  record,  ///< A Record, with the names of the fields.
};

/// The value of one little-endian element: numbers, Bytes for opaque, text for bytes and unicode,
/// the count of units for times. Throws Error(corrupt_data) for characters that are none.
Value element_value(const DataType& type, BytesView element, RecordForm form);

/// The values of little-endian elements that lie one after another.
std::vector<Value> element_values(const DataType& type, BytesView elements, RecordForm form);

/// The values of a region of `array`. Throws what reading it throws, too, and
/// Error(limit_exceeded) for more bytes than 64 bits count.
std::vector<Value> element_values(const ArraySource& array, const Region& region, RecordForm form);

}  // namespace engram::hdmf
