#include "converters/path_rules.hpp"

#include <gtest/gtest.h>

#include "testing/expect_error.hpp"

namespace engram::converter {
namespace {

using testing::expect_error;

TEST(PathRules, GlobsStandForWholePaths) {
  struct Case {
    const char *glob, *path;
    bool matches;
  };
  for (const Case& c : {
           Case{"/a", "/a", true},
           {"/a", "/a/b", false},
           {"/a/b", "/a", false},
           {"/*", "/a", true},
           {"/*", "/a/b", false},
           {"/a/*/data", "/a/raw/data", true},
           {"/a/*/data", "/a/b/c/data", false},
           {"/a/r?w", "/a/raw", true},
           {"/a/[xyz]", "/a/y", true},
           {"/a/[xyz]", "/a/w", false},
           {"/a/\\*", "/a/*", true},
           {"/a/\\*", "/a/b", false},
           {"/**", "/", true},
           {"/**", "/a/b/c", true},
           {"/a/**", "/a", true},
           {"/a/**", "/ab", false},
           {"/**/data", "/data", true},
           {"/**/data", "/a/b/data", true},
           {"/**/data", "/a/b/dat", false},
           {"/**/x/**/y", "/1/x/2/x/3/y", true},
           {"/**/x/**/y", "/1/x/2/x/3", false},
           {"/a//b/", "/a/b", true},
           {"/", "/", true},
           {"/", "/a", false},
       }) {
    EXPECT_EQ(matches_path(c.glob, c.path), c.matches) << c.glob << " " << c.path;
  }
}

TEST(PathRules, ManyStarsAreNoTrap) {
  std::string glob, path;
  for (int i = 0; i < 200; ++i) {
    glob += "/**/a";
    path += "/a";
  }
  EXPECT_TRUE(matches_path(glob, path));
  EXPECT_FALSE(matches_path(glob + "/b", path));
}

TEST(PathRules, TheLastThatMatchesCounts) {
  PathRules<int> rules(1);
  rules.add("/a/**", 2);
  rules.add("/a/b", 3);
  rules.add("/c", 4);
  EXPECT_EQ(rules.at("/x"), 1);
  EXPECT_EQ(rules.at("/a/x"), 2);
  EXPECT_EQ(rules.at("/a/b"), 3);
  EXPECT_EQ(rules.at("/c"), 4);
  EXPECT_EQ(rules.for_all(), 1);
}

TEST(PathRules, TextsAreSplit) {
  EXPECT_EQ(split_for_paths("zstd:3").glob, "");
  EXPECT_EQ(split_for_paths("zstd:3").value, "zstd:3");
  EXPECT_EQ(split_for_paths("/a/**=zstd:3").glob, "/a/**");
  EXPECT_EQ(split_for_paths("/a/**=x=y").value, "x=y");
  expect_error(ErrorCode::invalid_argument, "begins with a path", [] { split_for_paths("/a/**"); });
}

}  // namespace
}  // namespace engram::converter
