#include "testing/source_dir.hpp"

namespace engram::testing {

std::string source_dir() { return ENGRAM_SOURCE_DIR; }

std::string source_path(const std::string& name) { return source_dir() + "/" + name; }

}  // namespace engram::testing
