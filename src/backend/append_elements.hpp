#pragma once

#include <string>

#include "engram/array/data_type.hpp"
#include "engram/base/bytes.hpp"
#include "engram/base/json.hpp"
#include "engram/hdmf/object_source.hpp"
#include "engram/hdmf/value.hpp"

namespace engram::backend {

/// Why `value` can be no element of `type`, or "" when it can: "300 is beyond int8". Floating
/// numbers may be rounded; text of fixed length is judged by its kind, not by its length.
std::string why_not(const DataType& type, const hdmf::Value& value);

/// The same for elements that are objects. Numbers in records by their own types.
std::string why_not(const hdmf::ObjectType& type, const hdmf::Value& value);

/// `type`, with text and byte strings as long as `value`, which is an element of it, needs them;
/// the same where it has room.
DataType with_room(const DataType& type, const hdmf::Value& value);

/// The integer type of the kind of `type` that holds `value`: `type` itself, or the smallest that
/// is wider. Throws Error(limit_exceeded) when there is none.
DataType with_room(const DataType& type, std::uint64_t value);

/// `elements`, little-endian and of type `from`, as elements of `to`, which has the same fields
/// with more room.
Bytes widened(const DataType& from, const DataType& to, BytesView elements);

}  // namespace engram::backend
