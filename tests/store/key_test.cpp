#include "engram/store/key.hpp"

#include <gtest/gtest.h>

#include <ostream>
#include <set>
#include <string>
#include <string_view>

#include "testing/expect_error.hpp"

namespace engram::store {
namespace {

using testing::expect_error;

struct BadKey {
  const char* why;
  std::string text;
  const char* message;

  friend std::ostream& operator<<(std::ostream& out, const BadKey& k) { return out << k.why; }
};

class BadKeyTest : public ::testing::TestWithParam<BadKey> {};

TEST_P(BadKeyTest, IsRefusedWithTheReason) {
  expect_error(ErrorCode::invalid_argument, GetParam().message, [] { Key{GetParam().text}; });
}

INSTANTIATE_TEST_SUITE_P(
    Keys, BadKeyTest,
    ::testing::Values(
        BadKey{"Empty", "", "it is empty"}, BadKey{"Slash", "/", "empty name"},
        BadKey{"LeadingSlash", "/a", "\"/a\" can't be a key of a store: it has an empty name"},
        BadKey{"TrailingSlash", "a/", "empty name"}, BadKey{"TwoSlashes", "a//b", "empty name"},
        BadKey{"Dot", "a/./b", "the name \".\""}, BadKey{"OnlyDot", ".", "the name \".\""},
        BadKey{"Parent", "a/../b", "the name \"..\""}, BadKey{"LastParent", "a/..", "\"..\""},
        BadKey{"Nul", std::string("a\0b", 3), "NUL"}, BadKey{"Backslash", "a\\b", "'\\'"},
        BadKey{"Latin1", "a/\xe9", "no UTF-8"}, BadKey{"CutCharacter", "a\xc3/\xa9", "no UTF-8"},
        BadKey{"LongName", "a/" + std::string(256, 'x'), "255 bytes"},
        BadKey{"LongKey", std::string(4097, 'x'), "4096 bytes"},
        BadKey{"HalfWritten", "a/.b.0123abcd.part", "half-written"},
        BadKey{"InsideHalfWritten", ".b.0123abcd.part/a", "half-written"}),
    [](const auto& p) { return std::string(p.param.why); });

TEST(KeyTest, KeepsItsText) {
  std::string longest;
  while (longest.size() < 4096) longest += longest.size() % 255 == 254 ? '/' : 'x';
  longest.back() = 'y';
  for (const std::string& text :
       {std::string("a"), std::string(".zarray"), std::string("a/b/0.0"), std::string("..a/b.."),
        std::string(".part"), std::string(".a.part"), std::string(" "), std::string("\xC2\xB5"),
        std::string(255, 'x'), longest}) {
    EXPECT_EQ(Key(text).str(), text);
  }
}

TEST(KeyTest, AreOrderedByBytes) {
  EXPECT_LT(Key("a"), Key("b"));
  EXPECT_LT(Key("a-b"), Key("a/b"));
  EXPECT_EQ(Key("a"), Key("a"));
  EXPECT_EQ(std::set<Key>({Key("b"), Key("a"), Key("b")}).size(), 2U);
}

TEST(KeyTest, AMessageShowsNotAllOfALongKey) {
  try {
    Key(std::string(100'000, 'x'));
    FAIL();
  } catch (const Error& e) {
    EXPECT_LT(std::string_view(e.what()).size(), 400U);
  }
}

TEST(WhyBadNameTest, LooksAtOneName) {
  EXPECT_EQ(why_bad_name("a"), "");
  EXPECT_EQ(why_bad_name(".zarray"), "");
  for (const std::string_view bad : {"", ".", "..", "a/b", "a\\b", "\xff"}) {
    EXPECT_NE(why_bad_name(bad), "") << bad;
  }
}

}  // namespace
}  // namespace engram::store
