#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace engram::converter {

/// True when `glob` stands for the object at `path` ("/acquisition/lfp/data"). In a name, `*` is
/// any text, `?` any character and `[a-z]` one of a set (POSIX fnmatch, byte by byte); the name
/// `**` is any number of names, none too. Whole paths match, from "/" on.
bool matches_path(std::string_view glob, std::string_view path);

/// "/acquisition/**=zstd:3": what is asked for the paths that a glob stands for. A text that begins
/// with no "/" has an empty glob, which is for all. Throws Error(invalid_argument) when it begins
/// with "/" and has no "=".
struct ForPaths {
  std::string glob, value;
};
ForPaths split_for_paths(const std::string& text);

/// What is asked for, by path: of several globs that match the last counts, and where none does,
/// the rule without one.
template <typename Rule>
class PathRules {
 public:
  PathRules(Rule for_all = {}) : for_all_(std::move(for_all)) {}  // NOLINT: one rule is rules.

  void add(std::string glob, Rule rule) { rules_.emplace_back(std::move(glob), std::move(rule)); }

  const Rule& for_all() const noexcept { return for_all_; }

  const Rule& at(std::string_view path) const {
    for (auto rule = rules_.rbegin(); rule != rules_.rend(); ++rule)
      if (matches_path(rule->first, path)) return rule->second;
    return for_all_;
  }

 private:
  Rule for_all_;
  std::vector<std::pair<std::string, Rule>> rules_;
};

}  // namespace engram::converter
