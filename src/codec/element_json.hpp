#pragma once

#include <span>

#include "engram/array/data_type.hpp"
#include "engram/base/bytes.hpp"
#include "engram/base/json.hpp"

namespace engram::codec {

/// One element as JSON (see object_codec.hpp): numbers, true and false, text of "U", bytes of "S"
/// and "V", [real, imaginary], times as counts, records as lists. `element` is of `type`, in its
/// byte order. Throws Error(corrupt_data) for text that is none.
Json json_of_element(const DataType& type, BytesView element);

/// The other way, for numbers, bools, complex numbers, times and "S", "U", "V". Throws
/// Error(invalid_argument) when `value` is none of `type`.
void put_element(const DataType& type, const Json& value, std::span<std::byte> out);

}  // namespace engram::codec
