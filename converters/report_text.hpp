#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engram/backend/backend.hpp"
#include "engram/base/json.hpp"

namespace engram::converter {

/// "1 dataset", "2 datasets".
std::string counted(std::uint64_t count, const char* one);

/// As they stand in reports: [{"kind": "changed", "path": "/a", "text": "..."}].
Json to_json(const std::vector<backend::Notice>& notices);

}  // namespace engram::converter
