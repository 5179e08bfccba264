#pragma once

#include <filesystem>
#include <optional>
#include <system_error>

#include "testing/source_dir.hpp"

namespace engram::testing {

/// The collection of real files that may lie beside the checkout, or nullopt when it does not: then
/// the tests that read it have nothing to do, and scripts/test says so.
inline std::optional<std::filesystem::path> corpus() {
  const std::filesystem::path path =
      std::filesystem::path(testing::source_dir()).parent_path() / "shared" / "corpus";
  std::error_code ignored;
  if (!std::filesystem::is_directory(path, ignored)) return std::nullopt;
  return path;
}

}  // namespace engram::testing
