#pragma once

#include <span>
#include <string_view>

#include "engram/array/data_type.hpp"
#include "engram/hdmf/value.hpp"

namespace engram::backend::layout {

/// Puts `value` into `out` as one little-endian element of `type`. Throws Error(corrupt_data) when
/// it is no value of that type.
void pack(const DataType& type, const hdmf::Value& value, std::span<std::byte> out);

}  // namespace engram::backend::layout
