#include "converters/cli/elements.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "testing/fake_sources.hpp"

namespace engram::cli {
namespace {

using testing::bytes_of;
using testing::dataset_of;

std::string json_of(const DataType& type, const Bytes& bytes) {
  return dump_json(element_json(type, bytes), JsonStyle::line);
}

TEST(ElementJsonTest, EachKindOfElement) {
  struct Case {
    DataType type;
    Bytes bytes;
    const char* json;
  };
  const Case cases[] = {
      {DataType::boolean(), bytes_of<std::uint8_t>({1}), "true"},
      {DataType::integer(1), bytes_of<std::int8_t>({-3}), "-3"},
      {DataType::integer(2), bytes_of<std::int16_t>({-300}), "-300"},
      {DataType::integer(8), bytes_of<std::int64_t>({INT64_MIN}), "-9223372036854775808"},
      {DataType::unsigned_integer(8), bytes_of<std::uint64_t>({UINT64_MAX}),
       "18446744073709551615"},
      {DataType::unsigned_integer(4), bytes_of<std::uint32_t>({4'000'000'000U}), "4000000000"},
      {DataType::floating(2), bytes_of<std::uint16_t>({0x3c00}), "1.0"},
      {DataType::floating(2), bytes_of<std::uint16_t>({0xc000}), "-2.0"},
      {DataType::floating(2), bytes_of<std::uint16_t>({0x0001}), "5.960464477539063e-08"},
      {DataType::floating(2), bytes_of<std::uint16_t>({0x7bff}), "65504.0"},
      {DataType::floating(2), bytes_of<std::uint16_t>({0xfc00}), "-Infinity"},
      {DataType::floating(2), bytes_of<std::uint16_t>({0x7e00}), "NaN"},
      {DataType::floating(4), bytes_of<float>({0.5F}), "0.5"},
      {DataType::floating(8), bytes_of<double>({0.1}), "0.1"},
      {DataType::floating(8), bytes_of<double>({NAN}), "NaN"},
      {DataType::floating(16), bytes_of<long double>({0.25L}), "0.25"},
      {DataType::complex(8), bytes_of<float>({1, -2}), "[1.0,-2.0]"},
      {DataType::complex(16), bytes_of<double>({1, -2}), "[1.0,-2.0]"},
      {DataType::bytes(5), to_bytes(std::string_view("ab\0\0\0", 5)), R"("ab")"},
      {DataType::unicode(4), bytes_of<std::uint32_t>({0x61, 0xb5, 0x20ac, 0x1f600}),
       R"("a\u00b5\u20ac\ud83d\ude00")"},
      {DataType::unicode(2), bytes_of<std::uint32_t>({0x61, 0}), R"("a")"},
      {DataType::opaque(3), to_bytes("abc"), R"("YWJj")"},
      {DataType::structured(
           {{"x", DataType::integer(1), {}, 0}, {"y", DataType::integer(1), {2, 1}, 0}}),
       bytes_of<std::int8_t>({1, 2, 3}), R"({"x":1,"y":[[2],[3]]})"},
  };
  for (const auto& c : cases) EXPECT_EQ(json_of(c.type, c.bytes), c.json);
}

TEST(ValueJsonTest, EachKindOfValue) {
  hdmf::Reference reference;
  reference.path = "/a";
  reference.object_id = "id";
  hdmf::RegionReference region{reference, {{{1}, {2}}}};
  const std::pair<hdmf::Value, const char*> cases[] = {
      {hdmf::Null{}, "null"},
      {true, "true"},
      {std::int64_t{-1}, "-1"},
      {std::uint64_t{1}, "1"},
      {1.0, "1.0"},
      {std::complex<double>(1, 2), "[1.0,2.0]"},
      {"text", R"("text")"},
      {to_bytes("abc"), R"("YWJj")"},
      {reference, R"({"path":"/a","object_id":"id"})"},
      {region, R"({"path":"/a","object_id":"id","regions":[{"origin":[1],"shape":[2]}]})"},
      {hdmf::List{std::int64_t{1}, "b"}, R"([1,"b"])"},
      {hdmf::Record{{"a", std::int64_t{1}}}, R"({"a":1})"},
  };
  for (const auto& [value, json] : cases) {
    EXPECT_EQ(dump_json(value_json(value), JsonStyle::line), json);
  }
}

TEST(ValueJsonTest, RowsGetTheNamesOfTheirFields) {
  const auto row = testing::record_type(
      {{"n", testing::number_type(DataType::integer(4))},
       {"list", testing::sequence_type(testing::record_type({{"t", testing::text_type()}}))}});
  const hdmf::Value value =
      hdmf::List{std::int64_t{1}, hdmf::List{hdmf::List{"a"}, hdmf::List{"b"}}};
  EXPECT_EQ(dump_json(value_json(value, row), JsonStyle::line),
            R"({"n":1,"list":[{"t":"a"},{"t":"b"}]})");
}

TEST(DescribeTypeTest, InWords) {
  using ObjectKind = hdmf::ObjectType::Kind;
  EXPECT_EQ(describe_type(testing::text_type()), "text");
  EXPECT_EQ(describe_type(testing::object_type(ObjectKind::reference)), "reference");
  EXPECT_EQ(describe_type(testing::object_type(ObjectKind::region_reference)), "region reference");
  EXPECT_EQ(describe_type(testing::sequence_type(testing::number_type(DataType::integer(2)))),
            "sequence of <i2");
  EXPECT_EQ(describe_type(testing::list_type(testing::text_type(), {2, 3})),
            "array (2, 3) of text");
  EXPECT_EQ(describe_type(testing::record_type(
                {{"a", testing::text_type()}, {"b", testing::number_type(DataType::boolean())}})),
            "record {a: text, b: |b1}");
}

TEST(ElementsTest, ReadBlocksOfBothKinds) {
  const auto numbers =
      dataset_of("n", testing::fake_array<std::int16_t>(DataType::integer(2), {4}, {1, 2, 3, 4}));
  auto elements = elements_of(numbers);
  elements->read({{1}, {2}});
  std::string json, bytes;
  elements->append_json(json, 1);
  EXPECT_EQ(json, "3");
  elements->append_bytes(bytes, 0);
  EXPECT_EQ(bytes, std::string("\2\0", 2));

  const auto texts = dataset_of("t", testing::text_type(), {2}, {"a", "b"});
  elements = elements_of(texts);
  elements->read({{1}, {1}});
  json.clear();
  elements->append_json(json, 0);
  EXPECT_EQ(json, "\"b\"");
}

}  // namespace
}  // namespace engram::cli
