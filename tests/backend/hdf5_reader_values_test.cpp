// Attributes and datasets of HDF5 as values.
#include <gtest/gtest.h>

#include <cmath>
#include <complex>
#include <cstring>
#include <string>
#include <vector>

#include "engram/backend/open.hpp"
#include "testing/expect_error.hpp"
#include "testing/source_dir.hpp"

namespace engram::backend {
namespace {

using hdmf::List;
using hdmf::ObjectType;
using hdmf::Record;
using hdmf::Value;

hdmf::GroupBuilder read(const std::string& name) {
  return open_hdf5_reader(testing::source_path(std::string("tests/data/hdf5/") + name))
      ->read_tree();
}

struct AttributeCase {
  std::string name;
  Value value;
  friend std::ostream& operator<<(std::ostream& out, const AttributeCase& c) {
    return out << c.name;
  }
};
class Hdf5ReaderAttributeTest : public ::testing::TestWithParam<AttributeCase> {};

TEST_P(Hdf5ReaderAttributeTest, HasItsValue) {
  static const auto* const root = new hdmf::GroupBuilder(read("attributes.h5"));
  const Value* const value = root->attributes.find(GetParam().name);
  ASSERT_NE(value, nullptr);
  EXPECT_EQ(*value, GetParam().value);
}

INSTANTIATE_TEST_SUITE_P(
    Attributes, Hdf5ReaderAttributeTest,
    ::testing::Values(
        AttributeCase{"int8", -3}, AttributeCase{"uint64", ~std::uint64_t{0}},
        AttributeCase{"big_endian", 258}, AttributeCase{"float16", 1.5},
        AttributeCase{"float32", static_cast<double>(0.1F)}, AttributeCase{"float64", 0.1},
        AttributeCase{"bool", true}, AttributeCase{"complex", std::complex<double>(1, 2)},
        AttributeCase{"enum", std::uint64_t{1}}, AttributeCase{"text", "\xc2\xb5"},
        AttributeCase{"ascii", "abc"}, AttributeCase{"empty_text", ""},
        AttributeCase{"fixed", "ab"}, AttributeCase{"latin1", "\xb5V"},
        AttributeCase{"opaque", Bytes{std::byte{1}, std::byte{0}, std::byte{3}}},
        AttributeCase{"list", List{1, 2, 3}},
        AttributeCase{"matrix", List{List{0, 1, 2}, List{3, 4, 5}}},
        AttributeCase{"empty_list", List{}}, AttributeCase{"empty_rows", List{List{}, List{}}},
        AttributeCase{"texts", List{"a", "", "\xc3\xbc"}}, AttributeCase{"null", hdmf::Null{}},
        AttributeCase{"compound", Record{{"a", 1}, {"b", 2.5}, {"c", "x"}}},
        AttributeCase{"mixed", Record{{"n", 7}, {"s", "t"}}},
        AttributeCase{"array", List{Record{{"v", List{1, 2}}}}},
        AttributeCase{"sequences", List{List{1, 2}, List{}}}),
    [](const auto& c) { return c.param.name; });

TEST(Hdf5ReaderAttributesTest, KeepNotANumber) {
  EXPECT_TRUE(std::isnan(read("attributes.h5").attributes.find("nan")->as<double>()));
}

TEST(Hdf5ReaderAttributesTest, MayBeLargeAndMany) {
  const auto root = read("attributes.h5");
  const auto& large = root.attributes.find("large")->as<List>();
  ASSERT_EQ(large.size(), 20000U);
  EXPECT_EQ(large.back(), Value(19999));
  EXPECT_EQ(root.find_group("/many")->attributes.size(), 20U);
}

TEST(Hdf5ReaderAttributesTest, LoseTheNamesOfAnEnumerationWithANotice) {
  const auto reader = open_hdf5_reader(testing::source_path("tests/data/hdf5/attributes.h5"));
  reader->read_tree();
  ASSERT_EQ(reader->notices().size(), 1U);
  EXPECT_EQ(reader->notices()[0].kind, Notice::Kind::changed);
  EXPECT_EQ(reader->notices()[0].path, "/@enum");
}

struct ObjectCase {
  std::string name;
  ObjectType::Kind kind;
  Shape shape;
  std::vector<Value> values;
  friend std::ostream& operator<<(std::ostream& out, const ObjectCase& c) { return out << c.name; }
};
class Hdf5ReaderObjectsTest : public ::testing::TestWithParam<ObjectCase> {};

TEST_P(Hdf5ReaderObjectsTest, HaveTheirValues) {
  const auto root = read("objects.h5");
  const auto* const objects = root.find_dataset("/" + GetParam().name)->objects();
  ASSERT_NE(objects, nullptr);
  EXPECT_EQ(objects->type().kind, GetParam().kind);
  EXPECT_EQ(objects->shape(), GetParam().shape);
  EXPECT_EQ(objects->read(Region::all(objects->shape())), GetParam().values);
}

using Kind = ObjectType::Kind;
INSTANTIATE_TEST_SUITE_P(
    Objects, Hdf5ReaderObjectsTest,
    ::testing::Values(
        ObjectCase{"utf8", Kind::text, {3}, {"a", "", "\xc2\xb5"}},
        ObjectCase{"ascii", Kind::text, {2}, {"a", "bc"}},
        ObjectCase{"fixed", Kind::text, {3}, {"abc", "d", ""}},
        ObjectCase{"space_padded", Kind::text, {2}, {"a", "b c"}},
        ObjectCase{"scalar", Kind::text, {}, {"one"}},
        ObjectCase{"matrix", Kind::text, {3, 2}, {"a", "b", "c", "d", "e", "f"}},
        ObjectCase{"unset", Kind::text, {3}, {"", "", ""}},
        ObjectCase{"empty", Kind::text, {0}, {}}, ObjectCase{"null", Kind::text, {0}, {}},
        ObjectCase{"array", Kind::text, {3, 2}, {"", "", "", "", "", ""}},
        ObjectCase{"sequences", Kind::sequence, {3}, {List{1, 2, 3}, List{}, List{4}}},
        ObjectCase{
            "rows",
            Kind::record,
            {2},
            {List{"x", 1, "q", List{1.0, 2.0}, true}, List{"", 2, "", List{3.0, 4.0}, false}}}),
    [](const auto& c) { return c.param.name; });

TEST(Hdf5ReaderObjectTypesTest, SayHowTheSourceMarksText) {
  const auto root = read("objects.h5");
  const auto type = [&](const std::string& name) {
    return root.find_dataset("/" + name)->objects()->type();
  };
  EXPECT_EQ(type("utf8").charset, ObjectType::Charset::utf8);
  EXPECT_EQ(type("utf8").fixed_length, 0U);
  EXPECT_EQ(type("ascii").charset, ObjectType::Charset::ascii);
  EXPECT_EQ(type("fixed").fixed_length, 4U);
  EXPECT_EQ(type("sequences").element->type, DataType::integer(2));
  EXPECT_EQ(type("rows").fields[0].name, "name");
  EXPECT_EQ(type("rows").fields[3].type.kind, Kind::array);
  EXPECT_EQ(type("rows").fields[3].type.shape, Shape{2});
}

TEST(Hdf5ReaderObjectTypesTest, ReadRegions) {
  const auto root = read("objects.h5");
  const auto* const chunked = root.find_dataset("/chunked")->objects();
  EXPECT_EQ(chunked->chunk_shape(), Shape{7});
  EXPECT_EQ(chunked->read({{5}, {3}}), (std::vector<Value>{"t5", "t6", "t7"}));
  const auto* const matrix = root.find_dataset("/matrix")->objects();
  EXPECT_EQ(matrix->read({{1, 1}, {2, 1}}), (std::vector<Value>{"d", "f"}));
  testing::expect_error(ErrorCode::invalid_argument, "(3, 2)", [&] {
    matrix->read({{1, 1}, {3, 1}});
  });
}

TEST(Hdf5ReaderArraysTest, AreTyped) {
  const auto root = read("arrays.h5");
  const auto type = [&](const std::string& name) {
    return typestr(root.find_dataset("/" + name)->array()->info().type);
  };
  EXPECT_EQ(type("plain"), "<i2");
  EXPECT_EQ(type("big"), ">f8");
  EXPECT_EQ(type("bool"), "|b1");
  EXPECT_EQ(type("complex"), "<c8");
  EXPECT_TRUE(root.find_dataset("/scalar")->is_scalar);
  EXPECT_FALSE(root.find_dataset("/plain")->is_scalar);
  EXPECT_TRUE(root.find_dataset("/null")->is_null);
  EXPECT_EQ(root.find_dataset("/null")->shape(), Shape{0});
  using Names = std::vector<std::pair<std::string, std::int64_t>>;
  EXPECT_EQ(root.find_dataset("/enum")->enumeration, (Names{{"LOW", 1}, {"HIGH", 5}}));
  EXPECT_TRUE(root.find_dataset("/bool")->enumeration.empty());
}

TEST(Hdf5ReaderArraysTest, ReadPartsOfArrayTypes) {
  const auto root = read("arrays.h5");
  const auto* const array = root.find_dataset("/array_type")->array();
  EXPECT_EQ(array->info().shape, (Shape{4, 2, 3}));
  std::array<std::int32_t, 4> part{};
  array->read({{1, 0, 1}, {2, 1, 2}}, std::as_writable_bytes(std::span(part)));
  EXPECT_EQ(part, (std::array<std::int32_t, 4>{7, 8, 13, 14}));
}

TEST(Hdf5ReaderArraysTest, MayBeCompressedAsH5pyDoesIt) {
  const auto root = read("arrays.h5");
  std::vector<std::int32_t> values(1000);
  root.find_dataset("/lzf")->array()->read({{0}, {1000}},
                                           std::as_writable_bytes(std::span(values)));
  for (std::size_t i = 0; i < values.size(); ++i) ASSERT_EQ(values[i], static_cast<int>(i) / 7);
}

TEST(Hdf5ReaderArraysTest, AreReadLittleEndian) {
  const auto root = read("arrays.h5");
  std::array<double, 3> values{};
  root.find_dataset("/big")->array()->read({{0}, {3}}, std::as_writable_bytes(std::span(values)));
  EXPECT_EQ(values, (std::array<double, 3>{0, 1, 2}));
}

}  // namespace
}  // namespace engram::backend
