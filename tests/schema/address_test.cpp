#include "engram/schema/address.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "testing/expect_error.hpp"

namespace engram::schema {
namespace {

const PathOptions kPlain{"", 0};

SchemaAddress address_of(std::vector<KeyValue> key, std::string token = "") {
  SchemaAddress address;
  address.schema = "lab";
  address.table = "recording";
  address.key = std::move(key);
  address.field = "movie";
  address.token = std::move(token);
  return address;
}

struct BothWays {
  const char* why;
  SchemaAddress address;
  PathOptions options;
  std::string path;
  friend std::ostream& operator<<(std::ostream& out, const BothWays& b) { return out << b.why; }
};
class AddressTest : public ::testing::TestWithParam<BothWays> {};

TEST_P(AddressTest, BothWays) {
  EXPECT_EQ(to_path(GetParam().address, GetParam().options), GetParam().path);
  EXPECT_EQ(parse_path(GetParam().path, GetParam().options), GetParam().address);
}

SchemaAddress changed(SchemaAddress address, void (*change)(SchemaAddress&)) {
  change(address);
  return address;
}

INSTANTIATE_TEST_SUITE_P(
    Addresses, AddressTest,
    ::testing::Values(
        BothWays{"AsDataJoint",
                 address_of({{"subject", "M/12"}, {"session", 3}}, "LX2_5hOE"),
                 {},
                 "_schema/lab/recording/subject=M%2F12/session=3/movie_LX2_5hOE.zarr"},
        BothWays{
            "NoKey", address_of({}, "LX2_5hOE"), {}, "_schema/lab/recording/movie_LX2_5hOE.zarr"},
        BothWays{"TokenOfSigns",
                 address_of({{"a", 1}}, "_-_-_-__"),
                 {},
                 "_schema/lab/recording/a=1/movie__-_-_-__.zarr"},
        BothWays{"LongToken",
                 address_of({{"a", 1}}, "4IDZZzUgHYWvWQ9w"),
                 {"_schema", 100},
                 "_schema/lab/recording/a=1/movie_4IDZZzUgHYWvWQ9w.zarr"},
        BothWays{"ShortToken",
                 address_of({{"a", 1}}, "8e8o"),
                 {"_schema", 1},
                 "_schema/lab/recording/a=1/movie_8e8o.zarr"},
        BothWays{"NoToken", address_of({{"a", 1}}), {}, "_schema/lab/recording/a=1/movie.zarr"},
        BothWays{"Plain", address_of({{"a", 1}}), kPlain, "lab/recording/a=1/movie.zarr"},
        BothWays{"PlainFieldLikeOneWithToken",
                 changed(address_of({{"a", 1}}), [](auto& a) { a.field = "raw_waveform"; }), kPlain,
                 "lab/recording/a=1/raw_waveform.zarr"},
        BothWays{"Prefixes",
                 address_of({{"a", 1}}, "8e8oabcd"),
                 {"/x/y/", 8},
                 "x/y/lab/recording/a=1/movie_8e8oabcd.zarr"},
        BothWays{"NoExtension",
                 changed(address_of({{"a", 1}}, "8e8oabcd"), [](auto& a) { a.extension = ""; }),
                 {},
                 "_schema/lab/recording/a=1/movie_8e8oabcd"},
        BothWays{
            "TwoPoints",
            changed(address_of({{"a", 1}}, "8e8oabcd"), [](auto& a) { a.extension = ".nwb.zarr"; }),
            {},
            "_schema/lab/recording/a=1/movie_8e8oabcd.nwb.zarr"},
        BothWays{"Partition",
                 changed(address_of({{"c", 3}, {"a", "x/"}, {"b", 2}}, "8e8oabcd"),
                         [](auto& a) { a.partition = 2; }),
                 {},
                 "_schema/c=3/a=x%2F/lab/recording/b=2/movie_8e8oabcd.zarr"},
        BothWays{"PartitionOnly", changed(address_of({{"c", 3}}), [](auto& a) { a.partition = 1; }),
                 kPlain, "c=3/lab/recording/movie.zarr"},
        BothWays{"TablesOfTiers",
                 changed(address_of({{"a", ""}}), [](auto& a) { a.table = "__spikes__unit"; }),
                 kPlain, "lab/__spikes__unit/a=/movie.zarr"},
        BothWays{"LookupTable", changed(address_of({}), [](auto& a) { a.table = "#probe"; }),
                 kPlain, "lab/#probe/movie.zarr"},
        BothWays{"SignInValue", address_of({{"a", "b=c"}}), kPlain,
                 "lab/recording/a=b=c/movie.zarr"},
        BothWays{"PointsInValue", address_of({{"a", ".."}}), kPlain,
                 "lab/recording/a=../movie.zarr"},
        BothWays{"Time", address_of({KeyValue::datetime("at", "2024-01-15 10:30:05")}), kPlain,
                 "lab/recording/at=2024-01-15T10-30-05/movie.zarr"},
        BothWays{"ForeignValue", address_of({KeyValue::spelled("at", "12:30:00")}), kPlain,
                 "lab/recording/at=12:30:00/movie.zarr"}),
    [](const auto& p) { return p.param.why; });

struct BadPath {
  const char* why;
  std::string path;
  const char* message;
  friend std::ostream& operator<<(std::ostream& out, const BadPath& b) { return out << b.why; }
};
class BadPathTest : public ::testing::TestWithParam<BadPath> {};

TEST_P(BadPathTest, IsRefused) {
  testing::expect_error(ErrorCode::invalid_argument, GetParam().message,
                        [] { parse_path(GetParam().path); });
}

INSTANTIATE_TEST_SUITE_P(
    Paths, BadPathTest,
    ::testing::Values(
        BadPath{"Empty", "", "it is empty"},
        BadPath{"Absolute", "/_schema/lab/t/a=1/f.zarr", "it is an absolute path"},
        BadPath{"Above", "_schema/lab/../t/f.zarr", "it has the name \"..\""},
        BadPath{"Here", "_schema/lab/./f.zarr", "it has the name \".\""},
        BadPath{"EmptyName", "_schema/lab//t/f.zarr", "it has an empty name"},
        BadPath{"Nul", std::string("_schema/lab/t/a=\0/f.zarr", 24), "it has a NUL"},
        BadPath{"EscapedNul", "_schema/lab/t/a=%00%3A/f.zarr", "its value has a NUL"},
        BadPath{"Backslash", "_schema/lab\\t/t/f.zarr", "it has a '\\'"},
        BadPath{"NoUtf8", "_schema/lab/t/a=\xff/f.zarr", "no UTF-8"},
        BadPath{"LongName", "_schema/lab/t/a=" + std::string(254, 'x') + "/f.zarr",
                "more than 255 bytes"},
        BadPath{"OtherPrefix", "lab/t/a=1/f.zarr", "it does not begin with the prefix \"_schema\""},
        BadPath{"PrefixAlone", "_schema", "it does not begin with the prefix"},
        BadPath{"TooShort", "_schema/lab/f.zarr", "too few names"},
        BadPath{"PartitionAlone", "_schema/a=1/b=2/c=3", "too few names"},
        BadPath{"NoSign", "_schema/lab/t/a/f.zarr", "\"a\" stands where a part of a key"},
        BadPath{"NoNameOfValue", "_schema/lab/t/=1/f.zarr", "it has an empty name"},
        BadPath{"EscapedSlashInSchema", "_schema/la%2Fb/t/f.zarr", "it has a '%'"},
        BadPath{"EscapedSlashInTable", "_schema/lab/t%2F../f.zarr", "it has a '%'"},
        BadPath{"EscapedSlashInField", "_schema/lab/t/f%2F.zarr", "it has a '%'"},
        BadPath{"SignInTable", "_schema/lab/t=1/u/f.zarr", "it has a '='"},
        BadPath{"NoField", "_schema/lab/t/a=1/.zarr", "it has an empty name"},
        BadPath{"EndsWithAPart", "_schema/lab/t/a=1", "it has a '='"},
        BadPath{"SignInExtension", "_schema/lab/t/f.a=1", "it has a '='"},
        BadPath{"PointAlone", "_schema/lab/t/f.", "\".\" can't be an extension"}),
    [](const auto& p) { return p.param.why; });

TEST(AddressTest, WhatCantBeAPath) {
  const struct {
    void (*change)(SchemaAddress&);
    PathOptions options;
    const char* message;
  } cases[] = {
      {[](auto& a) { a.schema = ""; }, {}, "the name of a schema in a path: it has an empty name"},
      {[](auto& a) { a.schema = "a/b"; }, {}, "it has a '/' inside a name"},
      {[](auto& a) { a.schema = ".."; }, {}, "it has the name \"..\""},
      {[](auto& a) { a.table = "a=b"; }, {}, "the name of a table in a path: it has a '='"},
      {[](auto& a) { a.field = "a%2Fb"; }, {}, "the name of a field in a path: it has a '%'"},
      {[](auto& a) { a.field = "a.b"; }, {}, "it has a point"},
      {[](auto& a) { a.extension = "zarr"; }, {}, "it does not begin with a point"},
      {[](auto& a) { a.extension = "./x"; }, {}, "it has a '/' inside a name"},
      {[](auto& a) { a.token = "short"; }, {}, "the token \"short\" is not one of 8 letters"},
      {[](auto& a) { a.token = "with./.."; }, {}, "is not one of 8 letters"},
      {[](auto& a) { a.token = "8e8oabcd"; }, kPlain, "these paths have none"},
      {[](auto& a) {
         a.field = "raw_waveform";
         a.token = "";
       },
       {},
       "the field \"raw_waveform\" needs a token"},
      {[](auto& a) { a.partition = 2; }, {}, "2 attributes are to stand before the schema"},
      {[](auto&) {}, {"a/../b", 8}, "it has the name \"..\""},
      {[](auto& a) {
         for (int i = 0; i < 40; ++i) a.key.emplace_back("k", std::string(100, 'x'));
       },
       {},
       "more than 4096 bytes"},
  };
  for (const auto& bad : cases) {
    SchemaAddress address = address_of({{"a", 1}}, "8e8oabcd");
    bad.change(address);
    testing::expect_error(ErrorCode::invalid_argument, bad.message,
                          [&] { to_path(address, bad.options); });
  }
}

TEST(AddressTest, PartitionsAsThePatternSays) {
  const auto path = [](const char* pattern) {
    SchemaAddress address = address_of({{"a", 1}, {"b", 2}, {"c", 3}});
    partition_by(address, pattern);
    return to_path(address, kPlain);
  };
  EXPECT_EQ(path("{c}/{a}"), "c=3/a=1/lab/recording/b=2/movie.zarr");
  EXPECT_EQ(path("year={c}, {zz}, {{a}}"), "c=3/a=1/lab/recording/b=2/movie.zarr");
  EXPECT_EQ(path(""), "lab/recording/a=1/b=2/c=3/movie.zarr");
  EXPECT_EQ(path("{a"), "lab/recording/a=1/b=2/c=3/movie.zarr");
  testing::expect_error(ErrorCode::invalid_argument, "names \"a\" twice",
                        [&] { path("{a}/{b}/{a}"); });
}

TEST(AddressTest, TokensAreNew) {
  std::set<std::string> tokens;
  for (int i = 0; i < 100; ++i) {
    const std::string token = make_token();
    EXPECT_EQ(token.size(), 8U);
    const SchemaAddress address = address_of({{"a", 1}}, token);
    EXPECT_EQ(parse_path(to_path(address)), address);
    tokens.insert(token);
  }
  EXPECT_EQ(tokens.size(), 100U);
  EXPECT_EQ(make_token(1).size(), 4U);
  EXPECT_EQ(make_token(99).size(), 16U);
  EXPECT_EQ(make_token(0), "");
}

}  // namespace
}  // namespace engram::schema
