#include <gtest/gtest.h>

#include <ostream>
#include <string>

#include "engram/hdmf/spec_source.hpp"
#include "testing/expect_error.hpp"

namespace engram::hdmf {
namespace {

struct Case {
  std::string yaml;
  const char* json;

  friend std::ostream& operator<<(std::ostream& out, const Case& one) { return out << one.yaml; }
};

class YamlTest : public ::testing::TestWithParam<Case> {};

TEST_P(YamlTest, IsThisJson) {
  EXPECT_EQ(dump_json(parse_yaml(GetParam().yaml), JsonStyle::line), GetParam().json);
}

INSTANTIATE_TEST_SUITE_P(
    Values, YamlTest,
    ::testing::Values(
        Case{"a: 1", R"({"a":1})"}, Case{"a: '1'", R"({"a":"1"})"}, Case{"a: 1.0", R"({"a":1.0})"},
        Case{"a: 1e3", R"({"a":1000.0})"}, Case{"a: -5", R"({"a":-5})"},
        Case{"a: +5", R"({"a":5})"}, Case{"a: 0x1f", R"({"a":31})"}, Case{"a: 0o17", R"({"a":15})"},
        Case{"a: 18446744073709551615", R"({"a":18446744073709551615})"},
        Case{"a: 1.2.3", R"({"a":"1.2.3"})"},
        Case{"a: 2017-05-04 19:07:13", R"({"a":"2017-05-04 19:07:13"})"},
        Case{"a: true", R"({"a":true})"}, Case{"a: yes", R"({"a":"yes"})"},
        Case{"a: null", R"({"a":null})"}, Case{"a:", R"({"a":null})"},
        Case{"a: ~", R"({"a":null})"}, Case{"a: .nan", R"({"a":NaN})"},
        Case{"a: -.inf", R"({"a":-Infinity})"}, Case{"quantity: '?'", R"({"quantity":"?"})"},
        Case{"a: '*'", R"({"a":"*"})"}, Case{"- null\n- 3\n- [x, y]", R"([null,3,["x","y"]])"},
        Case{"a: &x [1]\nb: *x", R"({"a":[1],"b":[1]})"}, Case{"", "null"},
        Case{"z: 1\na: 2", R"({"z":1,"a":2})"}, Case{R"({"a": [1, "b"]})", R"({"a":[1,"b"]})"},
        Case{"a: |\n  one\n  two\n", R"({"a":"one\ntwo\n"})"}));

TEST(YamlErrorTest, NamesTheLine) {
  testing::expect_error(ErrorCode::corrupt_data, "line 3", [] { parse_yaml("a: 1\nb: [1, 2\n"); });
  testing::expect_error(ErrorCode::corrupt_data, "line", [] { parse_yaml("a: *nobody"); });
  testing::expect_error(ErrorCode::corrupt_data, "a key is no text",
                        [] { parse_yaml("[1, 2]: x"); });
}

TEST(YamlErrorTest, BoundsWhatItBecomes) {
  // Each line holds the one before ten times: ten to the power of 9 in all.
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 9; ++i) {
    const std::string last = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + last;
    for (int k = 1; k < 10; ++k) bomb += ", " + last;
    bomb += "]\n";
  }
  testing::expect_error(ErrorCode::limit_exceeded, "aliases", [&] { parse_yaml(bomb); });
  testing::expect_error(ErrorCode::limit_exceeded, "deep",
                        [] { parse_yaml(std::string(200, '[') + std::string(200, ']')); });
  Limits limits;
  limits.max_json_bytes = 10;
  testing::expect_error(ErrorCode::limit_exceeded, "above 10",
                        [&] { parse_yaml("aaaaaaaaaaaaaaaa: 1", limits); });
}

TEST(YamlErrorTest, DepthThatWouldOverflowTheStack) {
  const std::string deep(200'000, '[');
  EXPECT_THROW(parse_yaml(deep), Error);
}

}  // namespace
}  // namespace engram::hdmf
