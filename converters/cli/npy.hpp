#pragma once

#include <string>

#include "engram/array/data_type.hpp"
#include "engram/array/region.hpp"

namespace engram::cli {

/// What stands before the elements in a .npy file (NumPy's format 1.0; 2.0 when the text is longer
/// than that can say, 3.0 when a field's name is not Latin-1), for elements in C order.
std::string npy_header(const DataType& type, const Shape& shape);

}  // namespace engram::cli
