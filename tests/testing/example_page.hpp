#pragma once

#include <gtest/gtest.h>

#include <cstddef>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "testing/source_dir.hpp"

namespace engram::testing {

namespace example_detail {

using Lines = std::vector<std::string>;
using Examples = std::map<std::string, Lines>;

inline Lines lines_of(const std::string& path) {
  std::ifstream file(testing::source_path(path));
  EXPECT_TRUE(file) << path;
  Lines lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

inline std::string name_in(const std::string& line, const std::string& before,
                           const std::string& after) {
  const bool is_marker = line.starts_with(before) && line.ends_with(after);
  if (!is_marker || line.size() <= before.size() + after.size()) return {};
  return line.substr(before.size(), line.size() - before.size() - after.size());
}

inline Examples examples_of_source(const std::string& path) {
  Examples examples;
  std::string name;
  for (const std::string& line : lines_of(path)) {
    const std::string marker = name_in(line, "  // [", "]");
    if (!marker.empty()) {
      name = marker == "end" ? "" : marker;
    } else if (!name.empty()) {
      examples[name].push_back(line.starts_with("  ") ? line.substr(2) : line);
    }
  }
  return examples;
}

inline Examples examples_of_page(const std::string& path) {
  Examples examples;
  std::string name;
  bool is_code = false;
  for (const std::string& line : lines_of(path)) {
    if (line == "```") {
      is_code = false;
      name.clear();
    } else if (line.starts_with("```")) {
      EXPECT_TRUE(!name.empty() || line != "```cpp") << "code without a name";
      is_code = !name.empty();
    } else if (is_code) {
      examples[name].push_back(line);
    } else if (const std::string marker = name_in(line, "<!-- example: ", " -->");
               !marker.empty()) {
      name = marker;
    }
  }
  return examples;
}

}  // namespace example_detail

/// Holds a page to the tests that run its code: what stands between "  // [NAME]" and "  // [end]"
/// in `source` is what `page` shows below "<!-- example: NAME -->"; there are at least `least`
/// examples. Paths start at the root of the source tree.
inline void expect_examples_of_page(const std::string& source, const std::string& page,
                                    std::size_t least) {
  const auto examples = example_detail::examples_of_source(source);
  EXPECT_GE(examples.size(), least);
  EXPECT_EQ(examples, example_detail::examples_of_page(page));
}

}  // namespace engram::testing
