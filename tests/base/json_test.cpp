#include "engram/base/json.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <cstdint>
#include <limits>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>

#include "testing/expect_error.hpp"

namespace engram {
namespace {

using testing::expect_error;

TEST(JsonTest, ReadsEachKindOfValue) {
  EXPECT_TRUE(parse_json("null").is_null());
  EXPECT_EQ(parse_json("true"), Json(true));
  EXPECT_EQ(parse_json(" [1, \"a\", {}, []]\n").dump(), R"([1,"a",{},[]])");
  EXPECT_EQ(parse_json(R"({"b": {"c": [[]]}, "a": 1})").dump(), R"({"b":{"c":[[]]},"a":1})");
  EXPECT_EQ(parse_json(R"("\u00b5\ud83d\ude00\n\/")"), Json("\u00b5\U0001F600\n/"));
  EXPECT_EQ(parse_json("\"\u00b5\""), Json("\u00b5"));
}

TEST(JsonTest, NumbersKeepTheirKindAndAllBits) {
  const Json smallest = parse_json("-9223372036854775808");
  EXPECT_EQ(smallest.type(), Json::value_t::number_integer);
  EXPECT_EQ(smallest.get<std::int64_t>(), std::numeric_limits<std::int64_t>::min());
  const Json largest = parse_json("18446744073709551615");
  EXPECT_EQ(largest.type(), Json::value_t::number_unsigned);
  EXPECT_EQ(largest.get<std::uint64_t>(), std::numeric_limits<std::uint64_t>::max());
  const Json one = parse_json("1.0");
  EXPECT_EQ(one.type(), Json::value_t::number_float);
  EXPECT_EQ(parse_json("0.1").get<double>(), 0.1);
  EXPECT_EQ(parse_json("1e-320").get<double>(), 1e-320);
  EXPECT_EQ(parse_json("1.7976931348623157e308").get<double>(), std::numeric_limits<double>::max());
  EXPECT_TRUE(std::signbit(parse_json("-0.0").get<double>()));
}

TEST(JsonTest, IntegersBeyond64BitsBecomeDoubles) {
  for (const auto& [text, value] :
       {std::pair{"18446744073709551616", 18446744073709551616.0},
        std::pair{"-9223372036854775809", -9223372036854775809.0},
        std::pair{"123456789012345678901234567890", 1.2345678901234568e29}}) {
    const Json json = parse_json(text);
    EXPECT_EQ(json.type(), Json::value_t::number_float) << text;
    EXPECT_EQ(json.get<double>(), value) << text;
  }
}

TEST(JsonTest, ReadsPythonsBareTokens) {
  const Json json =
      parse_json(R"({"a": NaN, "b": [Infinity,-Infinity], "NaN": "NaN, Infinity -Infinity"})");
  EXPECT_TRUE(std::isnan(json.at("a").get<double>()));
  EXPECT_EQ(json.at("b")[0].get<double>(), std::numeric_limits<double>::infinity());
  EXPECT_EQ(json.at("b")[1].get<double>(), -std::numeric_limits<double>::infinity());
  EXPECT_EQ(json.at("NaN"), Json("NaN, Infinity -Infinity"));
  EXPECT_TRUE(std::isnan(parse_json("NaN").get<double>()));
}

TEST(JsonTest, LoneLowSurrogatesBecomeBytes) {
  EXPECT_EQ(parse_json(R"("a\udc80b\uDCFF")"), Json("a\x80"
                                                    "b\xff"));
  EXPECT_EQ(parse_json(R"({"\udce9": 1})").begin().key(), "\xe9");
  // A pair stays a pair, whatever its second half.
  EXPECT_EQ(parse_json(R"("\ud83d\udc80\udc80")"), Json("\U0001F480\x80"));
  // An escaped backslash is no escape of what follows.
  EXPECT_EQ(parse_json(R"("\\udc80")"), Json("\\udc80"));
  EXPECT_EQ(parse_json(R"("\\\udc80")"), Json("\\\x80"));
}

TEST(JsonTest, TheMarkerOfTheRewriterIsOrdinaryText) {
  const std::string marker = "\xEF\xB7\x90";  // U+FDD0
  for (const char* what : {"", "n", "i", "j", "m", "b80", "b"}) {
    const std::string text = marker + what;
    const Json json = parse_json("[NaN, \"" + text + "\", \"\\ufdd0" + what + "\", {\"" + text +
                                 "\": \"\\uFDD0\\udc80\"}]");
    EXPECT_TRUE(std::isnan(json[0].get<double>()));
    EXPECT_EQ(json[1], Json(text));
    EXPECT_EQ(json[2], Json(text));
    EXPECT_EQ(json[3].begin().key(), text);
    EXPECT_EQ(json[3].front(), Json(marker + "\x80"));
    EXPECT_EQ(parse_json('"' + text + '"'), Json(text)) << "and where nothing is rewritten";
  }
}

TEST(JsonTest, OfTheSameNameTheLastValueCountsAtTheFirstPlace) {
  EXPECT_EQ(parse_json(R"({"a": 1, "b": 2, "a": 3})").dump(), R"({"a":3,"b":2})");
  std::string text = "{";
  for (int i = 0; i < 1000; ++i) {
    text += (i ? ",\"" : "\"") + std::to_string(i % 300) + "\":" + std::to_string(i);
  }
  const Json json = parse_json(text + "}");
  ASSERT_EQ(json.size(), 300U);
  EXPECT_EQ(json.begin().key(), "0");
  EXPECT_EQ(json.at("0"), Json(900));
  EXPECT_EQ(json.at("299"), Json(899));
}

TEST(JsonTest, ManyMembersTakeNoSquareOfTime) {
  std::string text = "{\"x\":0";
  for (int i = 0; i < 200'000; ++i) text += ",\"" + std::to_string(i) + "\":1";
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(parse_json(text + "}").size(), 200'001U);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(20));
}

struct BadJson {
  const char* why;
  std::string_view text;
  const char* message;

  friend std::ostream& operator<<(std::ostream& out, const BadJson& j) { return out << j.why; }
};

class BadJsonTest : public ::testing::TestWithParam<BadJson> {};

TEST_P(BadJsonTest, IsCorruptAndSaysWhere) {
  expect_error(ErrorCode::corrupt_data, GetParam().message, [] { parse_json(GetParam().text); });
}

INSTANTIATE_TEST_SUITE_P(
    Texts, BadJsonTest,
    ::testing::Values(
        BadJson{"Empty", "", "broken at byte 0"}, BadJson{"Blank", "  ", "broken at byte 2"},
        BadJson{"Cut", "[1, 2", "broken at byte 5"},
        BadJson{"CutInString", "[\"abc", "broken at byte 5"},
        BadJson{"CutInEscape", "\"\\u12", "broken at byte"},
        BadJson{"CutAtBackslash", "\"\\", "broken at byte"},
        BadJson{"Two", "1 2", "broken at byte 2"}, BadJson{"Comma", "[1,]", "broken at byte 3"},
        BadJson{"SingleQuotes", "{'a': 1}", "broken at byte 1"},
        BadJson{"Word", "[nan]", "broken at byte 2"},
        BadJson{"Comment", "[1] // one", "broken at byte 4"},
        BadJson{"NewlineInString", "\"a\nb\"", "broken at byte 2"},
        BadJson{"LeadingZero", "01", "broken at byte 1"},
        BadJson{"NulInside", std::string_view("[\0]", 3), "broken at byte 1"},
        BadJson{"Latin1", "\"\xe9\"", "broken at byte"},
        BadJson{"SurrogateAsBytes", "\"\xed\xa0\x80\"", "broken at byte 2"},
        BadJson{"LoneHigh", R"(["\ud83d"])", "lone surrogate \\ud83d at byte 2"},
        BadJson{"HighThenText", R"("\ud83dx\udc80")", "lone surrogate \\ud83d at byte 1"},
        BadJson{"LoneLowBelowBytes", R"("\udc7f")", "lone surrogate \\udc7f at byte 1"},
        BadJson{"LoneLowAboveBytes", R"("\udd00")", "lone surrogate \\udd00 at byte 1"},
        BadJson{"TokenAsName", "{NaN: 1}", "name of a member"},
        BadJson{"MinusNan", "[-NaN]", "broken at byte 2"},
        BadJson{"NumberAndToken", "[1NaN]", "broken at byte 2"},
        BadJson{"TwoTokens", "[NaN, NaN NaN]", "broken at byte 10"},
        BadJson{"AfterToken", "[NaN, Infinity, x]", "broken at byte 16"},
        BadJson{"Huge", "1e999", "broken at byte"},
        BadJson{"CloseTooMuch", "[]]", "broken at byte 2"},
        BadJson{"WrongClose", "[}", "broken at byte 1"}),
    [](const auto& p) { return std::string(p.param.why); });

TEST(JsonTest, ALongTextIsNotAllInTheMessage) {
  const std::string text = "\"" + std::string(100'000, 'x');
  try {
    parse_json(text);
    FAIL();
  } catch (const Error& e) {
    EXPECT_LT(std::string_view(e.what()).size(), 400U);
  }
}

TEST(JsonTest, DepthIsLimited) {
  const auto nested = [](std::size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };
  EXPECT_NO_THROW(parse_json(nested(64)));
  expect_error(ErrorCode::limit_exceeded, "limit of 64", [&] { parse_json(nested(65)); });
  expect_error(ErrorCode::limit_exceeded, "limit of 64",
               [&] { parse_json(std::string(10'000'000, '[')); });
  std::string objects;
  for (int i = 0; i < 65; ++i) objects += "{\"a\":";
  expect_error(ErrorCode::limit_exceeded, "limit of 64", [&] { parse_json(objects); });
  Limits limits;
  limits.max_json_depth = 2;
  EXPECT_NO_THROW(parse_json("[{}]", limits));
  expect_error(ErrorCode::limit_exceeded, "limit of 2", [&] { parse_json("[[[]]]", limits); });
}

TEST(JsonTest, SizeIsLimited) {
  Limits limits;
  limits.max_json_bytes = 4;
  EXPECT_EQ(parse_json("1234", limits), Json(1234));
  expect_error(ErrorCode::limit_exceeded, "5 bytes, more than the limit of 4",
               [&] { parse_json("12345", limits); });
}

TEST(JsonTest, WhatIsWrittenIsReadBack) {
  Json json = Json::object();
  json["bytes"] = "\xff\xc3";
  json["text"] = "\u00b5 \U0001F600 \\ \" \x7f";
  json["floats"] = {0.1, 1.0, -0.0, 5e-324, 1e300, std::numeric_limits<double>::infinity()};
  json["integers"] = {std::numeric_limits<std::uint64_t>::max(),
                      std::numeric_limits<std::int64_t>::min()};
  json["\xEF\xB7\x90n"] = "\xEF\xB7\x90";
  for (const JsonStyle style : {JsonStyle::zarr, JsonStyle::compact, JsonStyle::line}) {
    const std::string text = dump_json(json, style);
    const Json back = parse_json(text);
    for (const auto& [name, value] : json.items()) EXPECT_EQ(back.at(name), value) << name;
    EXPECT_EQ(dump_json(back, style), text);
  }
}

TEST(JsonTest, RefusesMoreThanADocumentMayHave) {
  Limits limits;
  limits.max_json_values = 5;
  limits.max_json_members = 3;
  EXPECT_NO_THROW(parse_json("[1, 2, 3, 4]", limits));
  expect_error(ErrorCode::limit_exceeded, "more values than the limit of 5",
               [&] { parse_json("[1, 2, 3, [4]]", limits); });
  EXPECT_NO_THROW(parse_json(R"({"a": 1, "b": 2, "c": 3})", limits));
  expect_error(ErrorCode::limit_exceeded, "more members than the limit of 3",
               [&] { parse_json(R"({"a": 1, "b": 2, "c": 3, "d": 4})", limits); });
  // Of documents that lie in one text each may have so many.
  const char* two =
      R"({"x": 0, "metadata": {"a": [1, 2, 3, 4], "b": [1, 2, 3, 4], "c": 1, "d": {}}})";
  EXPECT_NO_THROW(parse_json(two, limits, 2));
  expect_error(ErrorCode::limit_exceeded, "", [&] { parse_json(two, limits); });
  expect_error(ErrorCode::limit_exceeded, "more values",
               [&] { parse_json(R"({"metadata": {"a": [1, 2, 3, 4, 5]}})", limits, 2); });
  expect_error(ErrorCode::limit_exceeded, "more members", [&] {
    parse_json(R"({"metadata": {"a": {"a": 1, "b": 2, "c": 3, "d": 4}}})", limits, 2);
  });
}

}  // namespace
}  // namespace engram
