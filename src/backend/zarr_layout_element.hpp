#pragma once

#include <span>
#include <string_view>

#include "engram/array/data_type.hpp"
#include "engram/hdmf/value.hpp"

namespace engram::backend::layout {

/// Puts `value` into `out` as one little-endian element of `type`. Throws Error(corrupt_data) when
/// it is no value of that type.
void pack(const DataType& type, const hdmf::Value& value, std::span<std::byte> out);

/// The value of one little-endian element: numbers, Bytes for opaque, text for bytes and unicode, a
/// List in the order of the fields for structured.
hdmf::Value unpack(const DataType& type, BytesView element);

}  // namespace engram::backend::layout
