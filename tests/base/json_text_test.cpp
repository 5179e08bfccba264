// What is expected here was printed by Python 3.11: json.dumps and repr.
#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "engram/base/json.hpp"

namespace engram {
namespace {

Json example() {
  const double infinity = std::numeric_limits<double>::infinity();
  return Json::object({
      {"zarr_format", 2},
      {"chunks", {128, 2}},
      {"compressor", {{"id", "blosc"}, {"cname", "lz4"}, {"clevel", 5}}},
      {"filters", nullptr},
      {"empty", Json::array()},
      {"none", Json::object()},
      {"nested", {{1, Json::array()}, {{"a", {{"b", {true, false}}}}}}},
      {"fill_value", std::numeric_limits<double>::quiet_NaN()},
      {"limits", {infinity, -infinity, -0.0, 1.0, 4.7e-06, 1e16, 1e15, 123456.75}},
      {"big",
       {std::numeric_limits<std::uint64_t>::max(), std::numeric_limits<std::int64_t>::min()}},
  });
}

TEST(DumpJsonTest, AsZarrPythonWritesMetadata) {
  EXPECT_EQ(dump_json(example(), JsonStyle::zarr), R"({
    "big": [
        18446744073709551615,
        -9223372036854775808
    ],
    "chunks": [
        128,
        2
    ],
    "compressor": {
        "clevel": 5,
        "cname": "lz4",
        "id": "blosc"
    },
    "empty": [],
    "fill_value": NaN,
    "filters": null,
    "limits": [
        Infinity,
        -Infinity,
        -0.0,
        1.0,
        4.7e-06,
        1e+16,
        1000000000000000.0,
        123456.75
    ],
    "nested": [
        [
            1,
            []
        ],
        {
            "a": {
                "b": [
                    true,
                    false
                ]
            }
        }
    ],
    "none": {},
    "zarr_format": 2
})");
}

TEST(DumpJsonTest, AsNumcodecsJson2Writes) {
  EXPECT_EQ(
      dump_json(example(), JsonStyle::compact),
      R"({"big":[18446744073709551615,-9223372036854775808],"chunks":[128,2],"compressor":{"clevel":5,"cname":"lz4","id":"blosc"},"empty":[],"fill_value":NaN,"filters":null,"limits":[Infinity,-Infinity,-0.0,1.0,4.7e-06,1e+16,1000000000000000.0,123456.75],"nested":[[1,[]],{"a":{"b":[true,false]}}],"none":{},"zarr_format":2})");
}

TEST(DumpJsonTest, InOneLineMembersKeepTheirOrder) {
  const Json json = {{"b", {1, 2.0}}, {"a", {{"d", nullptr}, {"c", Json::array()}}}};
  EXPECT_EQ(dump_json(json, JsonStyle::line), R"({"b":[1,2.0],"a":{"d":null,"c":[]}})");
}

TEST(DumpJsonTest, SingleValues) {
  EXPECT_EQ(dump_json(Json(), JsonStyle::zarr), "null");
  EXPECT_EQ(dump_json(Json::object(), JsonStyle::zarr), "{}");
  EXPECT_EQ(dump_json(Json::array({1}), JsonStyle::zarr), "[\n    1\n]");
  EXPECT_EQ(dump_json(Json::binary({1, 255}), JsonStyle::compact), "[1,255]");
}

TEST(DumpJsonTest, NamesAreSortedByCodePoints) {
  Json json = Json::object();
  int number = 0;
  for (const char* name :
       {"b", "a", "B", "", "aa", "_", "\u00e9", "\uffff", "\U00010000", "\xED\x9F\xBF", "\ue000",
        "\xff", "\x80", "a\xe9", "a\u00e9", "10", "9", "a\U0001F600", "a\ue000"}) {
    json[name] = number++;
  }
  EXPECT_EQ(
      dump_json(json, JsonStyle::compact),
      R"({"":3,"10":15,"9":16,"B":2,"_":5,"a":1,"aa":4,"a\u00e9":14,"a\udce9":13,"a\ue000":18,"a\ud83d\ude00":17,"b":0,"\u00e9":6,"\ud7ff":9,"\udc80":12,"\udcff":11,"\ue000":10,"\uffff":7,"\ud800\udc00":8})");
}

TEST(DumpJsonTest, TextIsAscii) {
  std::string controls;
  for (int i = 0; i < 40; ++i) controls += static_cast<char>(i);
  const std::pair<std::string, std::string> kTexts[] = {
      {controls,
       R"js("\u0000\u0001\u0002\u0003\u0004\u0005\u0006\u0007\b\t\n\u000b\f\r\u000e\u000f\u0010\u0011\u0012\u0013\u0014\u0015\u0016\u0017\u0018\u0019\u001a\u001b\u001c\u001d\u001e\u001f !\"#$%&'")js"},
      {"\x7e\x7f\u0080\u00a0\u00ff", R"js("~\u007f\u0080\u00a0\u00ff")js"},
      {"\\/\"", R"js("\\/\"")js"},
      {"\u2028\ufeff\ufffe", R"js("\u2028\ufeff\ufffe")js"},
      {"\U0001F600\U00010000\U0010FFFF", R"js("\ud83d\ude00\ud800\udc00\udbff\udfff")js"},
      {"\x80\xc3(\xf0\x9f\x98\xed\xa0\x80\xff",
       R"js("\udc80\udcc3(\udcf0\udc9f\udc98\udced\udca0\udc80\udcff")js"},
  };
  for (const auto& [text, expected] : kTexts) {
    EXPECT_EQ(dump_json(Json(text), JsonStyle::zarr), expected);
  }
}

TEST(PythonFloatTest, AsReprPrints) {
  const std::pair<double, const char*> kFloats[] = {
      {0.0, "0.0"},
      {-0.0, "-0.0"},
      {0x1.0000000000000p+0, "1.0"},
      {-0x1.0000000000000p+0, "-1.0"},
      {0x1.999999999999ap-4, "0.1"},
      {0x1.3333333333334p-2, "0.30000000000000004"},
      {0x1.5555555555555p-2, "0.3333333333333333"},
      {0x1.9000000000000p+6, "100.0"},
      {0x1.e000000000000p+4, "30.0"},
      {0x1.d4c0000000000p+14, "30000.0"},
      {0x1.d6f3454000000p+26, "123456789.0"},
      {0x1.c6bf526340000p+49, "1000000000000000.0"},
      {0x1.0000000000000p+53, "9007199254740992.0"},
      {0x1.1c37937e07fffp+53, "9999999999999998.0"},
      {0x1.1c37937e08000p+53, "1e+16"},
      {0x1.aa535d3d0c000p+53, "1.5e+16"},
      {0x1.5ee2a2eb5a5c4p+53, "1.2345678901234568e+16"},
      {0x1.6345785d8a000p+56, "1e+17"},
      {0x1.0f0cf064dd592p+73, "1e+22"},
      {0x1.52d02c7e14af6p+76, "1e+23"},
      {0x1.249ad2594c37dp+332, "1e+100"},
      {0x1.fffffffffffffp+1023, "1.7976931348623157e+308"},
      {0x1.0624dd2f1a9fcp-10, "0.001"},
      {0x1.a36e2eb1c432dp-14, "0.0001"},
      {0x1.02e4b6ce5dc68p-13, "0.00012345"},
      {0x1.4f8b588e368f1p-17, "1e-05"},
      {0x1.0000000000000p-20, "9.5367431640625e-07"},
      {0x1.3b69629a290b9p-18, "4.7e-06"},
      {0x1.0000000000000p-1022, "2.2250738585072014e-308"},
      {0x0.0000000000001p-1022, "5e-324"},
      {0x1.bff2ee48e0530p-333, "1e-100"},
      {0x1.edd2f1a9fbe77p+6, "123.456"},
      {0x1.921fb54442d18p+1, "3.141592653589793"},
      {0x1.0000000000000p+53, "9007199254740992.0"},
      {0x0.0000000000001p-1022, "5e-324"},
      {0x1.0000000000000p+70, "1.1805916207174113e+21"},
      {0x1.3333333333333p-2, "0.3"},
      {0x1.a36e2eb1c432dp-15, "5e-05"},
      {0x1.0000000000000p-14, "6.103515625e-05"},
      {0x1.fffffffffffffp+52, "9007199254740991.0"},
      {0x1.0000000000000p-24, "5.960464477539063e-08"},
      {0x1.b1ae4d6e2ef50p+69, "1e+21"},
      {0x1.52d02c7e14af6p+76, "1e+23"},
      {std::numeric_limits<double>::quiet_NaN(), "nan"},
      {std::numeric_limits<double>::infinity(), "inf"},
      {-std::numeric_limits<double>::infinity(), "-inf"},
  };
  for (const auto& [value, text] : kFloats) EXPECT_EQ(python_float(value), text);
}

TEST(DumpJsonTest, OrderedIsZarrsFormWithTheMembersOwnOrder) {
  EXPECT_EQ(dump_json(parse_json(R"({"b":[1,{}],"a":1.0})"), JsonStyle::ordered),
            "{\n    \"b\": [\n        1,\n        {}\n    ],\n    \"a\": 1.0\n}");
}

}  // namespace
}  // namespace engram
