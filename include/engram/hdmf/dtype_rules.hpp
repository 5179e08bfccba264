#pragma once

#include <span>
#include <string_view>

namespace engram::hdmf {

/// The one name of a primitive dtype of the HDMF specification language that all its names stand
/// for: "int32" for "int", "float64" for "double", "utf8" for "text". Empty when there is no such
/// dtype.
std::string_view canonical_dtype(std::string_view name) noexcept;

/// Whether elements of primitive type `found` may stand where `specified` is asked for: the same
/// type, a wider one of the same kind (int64 for int32, float64 for float32), ASCII for UTF-8, any
/// number for "numeric". Both by any of their names.
bool dtype_accepts(std::string_view specified, std::string_view found) noexcept;

}  // namespace engram::hdmf
