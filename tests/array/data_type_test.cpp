#include "engram/array/data_type.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <ostream>
#include <string>
#include <vector>

#include "testing/expect_error.hpp"

namespace engram {
namespace {

using testing::expect_error;

constexpr ByteOrder kBig = ByteOrder::big;

struct Named {
  const char* typestr;
  const char* name;
  DataType type;

  friend std::ostream& operator<<(std::ostream& out, const Named& n) { return out << n.typestr; }
};

const Named kTypes[] = {
    {"|b1", "bool", DataType::boolean()},
    {"|i1", "int8", DataType::integer(1)},
    {"<i2", "int16", DataType::integer(2)},
    {">i4", "int32", DataType::integer(4, kBig)},
    {"<i8", "int64", DataType::integer(8)},
    {"|u1", "uint8", DataType::unsigned_integer(1)},
    {">u2", "uint16", DataType::unsigned_integer(2, kBig)},
    {"<u4", "uint32", DataType::unsigned_integer(4)},
    {"<u8", "uint64", DataType::unsigned_integer(8)},
    {"<f2", "float16", DataType::floating(2)},
    {">f4", "float32", DataType::floating(4, kBig)},
    {"<f8", "float64", DataType::floating(8)},
    {"<f16", "longdouble", DataType::floating(16)},
    {"<c8", "complex64", DataType::complex(8)},
    {">c16", "complex128", DataType::complex(16, kBig)},
    {"<c32", "clongdouble", DataType::complex(32)},
    {"|S10", "bytes", DataType::bytes(10)},
    {"|S1", "bytes", DataType::bytes(1)},
    {"<U4", "str", DataType::unicode(4)},
    {">U1", "str", DataType::unicode(1, kBig)},
    {"|V3", "void", DataType::opaque(3)},
    {"<M8[ns]", "datetime64[ns]", DataType::datetime("ns")},
    {">M8[D]", "datetime64[D]", DataType::datetime("D", kBig)},
    {"<m8[25us]", "timedelta64[25us]", DataType::timedelta("25us")},
    {"<m8", "timedelta64", DataType::timedelta("")},
};

class DataTypeTest : public ::testing::TestWithParam<Named> {};

TEST_P(DataTypeTest, HasNumPysNames) {
  EXPECT_EQ(typestr(GetParam().type), GetParam().typestr);
  EXPECT_EQ(type_name(GetParam().type), GetParam().name);
}

TEST_P(DataTypeTest, IsFoundByItsTypestr) {
  EXPECT_TRUE(parse_typestr(GetParam().typestr) == GetParam().type);
}

TEST_P(DataTypeTest, LittleEndianChangesTheOrderOnly) {
  const DataType& type = GetParam().type;
  const DataType little = type.little_endian();
  EXPECT_TRUE(little.is_little_endian());
  EXPECT_EQ(type.is_little_endian(), GetParam().typestr[0] != '>');
  EXPECT_EQ(type.has_byte_order(), GetParam().typestr[0] != '|');
  EXPECT_EQ(little.size, type.size);
  EXPECT_EQ(little.kind, type.kind);
  EXPECT_EQ(little == type, type.is_little_endian());
}

INSTANTIATE_TEST_SUITE_P(Types, DataTypeTest, ::testing::ValuesIn(kTypes), [](const auto& p) {
  std::string name = p.param.name;
  std::replace_if(
      name.begin(), name.end(), [](char c) { return c == '[' || c == ']'; }, '_');
  return name + "_" + std::to_string(p.index);
});

TEST(DataTypeTest, UnitsOfTimeAreNumPys) {
  for (const char* unit : {"Y", "M", "W", "D", "h", "m", "s", "ms", "us", "ns", "ps", "fs", "as"}) {
    EXPECT_EQ(DataType::datetime(unit).unit, unit);
    EXPECT_EQ(parse_typestr("<m8[7" + std::string(unit) + "]").unit, "7" + std::string(unit));
  }
  EXPECT_EQ(parse_typestr("<M8[1ns]"), DataType::datetime("ns"));
  EXPECT_FALSE(DataType::datetime("ns") == DataType::datetime("us"));
  EXPECT_FALSE(DataType::datetime("ns") == DataType::timedelta("ns"));
  for (const char* text : {"|M8[ns]", "<M8[]", "<M8[x]", "<M8[0s]", "<M8[-1s]", "<M8[ns", "<M4[ns]",
                           "<M8[D/2]", "<M8[99999999999s]", "<M8ns"})
    expect_error(ErrorCode::unsupported, text, [&] { parse_typestr(text); });
  expect_error(ErrorCode::unsupported, "\"fortnight\"", [] { DataType::datetime("fortnight"); });
}

TEST(DataTypeTest, ByteOrderOfOneByteMeansNothing) {
  EXPECT_TRUE(DataType::integer(1, kBig) == DataType::integer(1));
  EXPECT_TRUE(parse_typestr("<i1") == DataType::integer(1));
  EXPECT_TRUE(parse_typestr(">S3") == DataType::bytes(3));
  EXPECT_TRUE(parse_typestr("<b1") == DataType::boolean());
  EXPECT_FALSE(DataType::integer(2, kBig) == DataType::integer(2));
}

TEST(DataTypeTest, UnknownTypestrsAreNamed) {
  for (const char* text : {"",
                           "<",
                           "<i",
                           "i4",
                           "<i3",
                           "<i16",
                           "<i0",
                           "<i-4",
                           "<i4 ",
                           " <i4",
                           "|i4",
                           "=i4",
                           "<u5",
                           "<f1",
                           "<f10",
                           "<c4",
                           "|S0",
                           "<U0",
                           "|V0",
                           "|O",
                           "|O8",
                           "|b2",
                           "<i4x",
                           "<x4",
                           "<i99999999999999999999",
                           "|S4294967296",
                           "<U2000000000",
                           "<I4"}) {
    SCOPED_TRACE(text);
    expect_error(ErrorCode::unsupported, std::string(1, '"').append(text).append(1, '"'),
                 [&] { parse_typestr(text); });
  }
}

Field field(const char* name, DataType type, std::vector<std::uint64_t> shape = {}) {
  Field result;
  result.name = name;
  result.type = std::move(type);
  result.shape = std::move(shape);
  return result;
}

TEST(StructuredTest, FieldsLieOneAfterAnother) {
  const DataType type = DataType::structured({field("a", DataType::integer(1)),
                                              field("b", DataType::floating(8), {2, 3}),
                                              field("c", DataType::unicode(3))});
  EXPECT_EQ(type.size, 1U + 48U + 12U);
  EXPECT_EQ(type.fields[1].offset, 1U);
  EXPECT_EQ(type.fields[2].offset, 49U);
  EXPECT_EQ(type.fields[1].size(), 48U);
  EXPECT_EQ(typestr(type), "|V61");
  EXPECT_EQ(type_name(type), "void");
  EXPECT_FALSE(type.has_byte_order());
  EXPECT_TRUE(type.is_little_endian());
  EXPECT_EQ(DataType::structured({}).size, 0U);
}

TEST(StructuredTest, SizesStayIn64Bits) {
  const DataType large = DataType::opaque(1ULL << 63);
  expect_error(ErrorCode::limit_exceeded, "size of a record", [&] {
    DataType::structured({field("a", large), field("b", large)});
  });
  expect_error(ErrorCode::limit_exceeded, "size of a field",
               [&] { DataType::structured({field("a", large, {2})}); });
  expect_error(ErrorCode::limit_exceeded, "size of a text", [] { DataType::unicode(1ULL << 62); });
}

TEST(StructuredTest, AreComparedFieldByField) {
  const DataType type = DataType::structured({field("a", DataType::integer(2))});
  EXPECT_TRUE(type == DataType::structured({field("a", DataType::integer(2))}));
  EXPECT_FALSE(type == DataType::structured({field("b", DataType::integer(2))}));
  EXPECT_FALSE(type == DataType::structured({field("a", DataType::unsigned_integer(2))}));
  EXPECT_FALSE(type == DataType::structured({field("a", DataType::integer(2), {1})}));
  EXPECT_FALSE(type == DataType::opaque(2));
  DataType padded = type;
  padded.fields[0].offset = 1;
  EXPECT_FALSE(type == padded);
}

Bytes counting(std::size_t size) {
  Bytes bytes;
  for (std::size_t i = 0; i < size; ++i) bytes.push_back(static_cast<std::byte>(i));
  return bytes;
}

std::string digits(BytesView bytes) {
  std::string text;
  for (const std::byte b : bytes) text += static_cast<char>('0' + std::to_integer<int>(b));
  return text;
}

TEST(MakeLittleEndianTest, ReversesEachNumber) {
  const std::pair<DataType, const char*> kCases[] = {
      {DataType::integer(1), "01234567"},
      {DataType::bytes(4), "01234567"},
      {DataType::opaque(2), "01234567"},
      {DataType::integer(4), "01234567"},
      {DataType::boolean(), "01234567"},
      {DataType::integer(2, kBig), "10325476"},
      {DataType::unsigned_integer(4, kBig), "32107654"},
      {DataType::floating(8, kBig), "76543210"},
      {DataType::complex(8, kBig), "32107654"},
      {DataType::unicode(2, kBig), "32107654"},
      {DataType::unicode(1, kBig), "32107654"},
  };
  for (const auto& [type, expected] : kCases) {
    Bytes bytes = counting(8);
    make_little_endian(type, bytes);
    EXPECT_EQ(digits(bytes), expected) << typestr(type);
  }
  Bytes wide = counting(32);
  make_little_endian(DataType::floating(16, kBig), wide);
  EXPECT_EQ(wide[0], std::byte{15});
  EXPECT_EQ(wide[16], std::byte{31});
}

TEST(MakeLittleEndianTest, ReversesFieldsAtAnyDepth) {
  const DataType inner = DataType::structured(
      {field("x", DataType::integer(2, kBig)), field("y", DataType::bytes(1))});
  const DataType type = DataType::structured(
      {field("a", DataType::unsigned_integer(1)), field("b", DataType::integer(2, kBig), {2}),
       field("c", inner, {2}), field("d", DataType::integer(2))});
  ASSERT_EQ(type.size, 13U);
  Bytes bytes = counting(26);
  make_little_endian(type, bytes);
  const auto value = [&](std::size_t i) { return std::to_integer<int>(bytes[i]); };
  const std::vector<int> kExpected = {0, 2, 1, 4, 3, 6, 5, 7, 9, 8, 10, 11, 12};
  for (std::size_t i = 0; i < kExpected.size(); ++i) {
    EXPECT_EQ(value(i), kExpected[i]) << i;
    EXPECT_EQ(value(i + 13), kExpected[i] + 13) << i;
  }
  EXPECT_FALSE(type.is_little_endian());
  EXPECT_TRUE(type.little_endian().is_little_endian());
  EXPECT_EQ(type.little_endian().fields[2].type.fields[0].type.order, ByteOrder::little);
}

TEST(MakeLittleEndianTest, NoElements) {
  Bytes nothing;
  EXPECT_NO_THROW(make_little_endian(DataType::integer(4, kBig), nothing));
}

TEST(MakeLittleEndianTest, RefusesPartsOfElements) {
  Bytes bytes = counting(6);
  expect_error(ErrorCode::invalid_argument, "6 bytes are no whole number",
               [&] { make_little_endian(DataType::integer(4, kBig), bytes); });
}

TEST(MakeLittleEndianTest, RefusesFieldsOutsideTheirElement) {
  DataType type = DataType::structured({field("a", DataType::integer(4, kBig))});
  Bytes bytes = counting(4);
  type.fields[0].offset = 1;
  expect_error(ErrorCode::invalid_argument, "field a of 4 bytes at 1",
               [&] { make_little_endian(type, bytes); });
  type.fields[0].offset = ~0ULL;
  expect_error(ErrorCode::invalid_argument, "field a", [&] { make_little_endian(type, bytes); });
}

}  // namespace
}  // namespace engram
