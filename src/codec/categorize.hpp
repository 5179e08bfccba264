#pragma once

#include <string>
#include <vector>

#include "engram/array/array_source.hpp"
#include "engram/array/data_type.hpp"

namespace engram::codec {

/// What a configuration of categorize says: label i is stored as i + 1, any other text as 0.
struct Categories {
  std::vector<std::string> labels;
  DataType stored;
};

/// Throws Error(invalid_argument).
Categories categories_of(const CodecConfig& config);

}  // namespace engram::codec
