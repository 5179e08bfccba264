#include "converters/path_rules.hpp"

#include <fmt/format.h>
#include <fnmatch.h>

#include "engram/base/error.hpp"

namespace engram::converter {
namespace {

std::vector<std::string> names_of(std::string_view path) {
  std::vector<std::string> names;
  while (!path.empty()) {
    const std::size_t slash = path.find('/');
    if (slash != 0) names.emplace_back(path.substr(0, slash));
    if (slash == std::string_view::npos) break;
    path.remove_prefix(slash + 1);
  }
  return names;
}

}  // namespace

bool matches_path(std::string_view glob, std::string_view path) {
  const std::vector<std::string> patterns = names_of(glob), names = names_of(path);
  // reached[n]: the patterns so far stand for the first n names.
  std::vector<bool> reached(names.size() + 1, false);
  reached[0] = true;
  for (const std::string& pattern : patterns) {
    std::vector<bool> next(names.size() + 1, false);
    for (std::size_t n = 0; n <= names.size(); ++n) {
      if (pattern == "**") {
        next[n] = reached[n] || (n > 0 && next[n - 1]);
      } else if (n > 0) {
        next[n] = reached[n - 1] && ::fnmatch(pattern.c_str(), names[n - 1].c_str(), 0) == 0;
      }
    }
    reached = std::move(next);
  }
  return reached.back();
}

ForPaths split_for_paths(const std::string& text) {
  if (!text.starts_with('/')) return {"", text};
  const std::size_t sign = text.find('=');
  if (sign == std::string::npos) {
    throw Error(ErrorCode::invalid_argument,
                fmt::format("\"{}\" begins with a path and does not say what is asked for it; for "
                            "example /acquisition/**=zstd:3",
                            text));
  }
  return {text.substr(0, sign), text.substr(sign + 1)};
}

}  // namespace engram::converter
