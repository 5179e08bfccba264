#include "zarr/fill_v2.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "array/number.hpp"
#include "engram/base/error.hpp"
#include "testing/expect_error.hpp"

namespace engram::zarr {
namespace {

using testing::expect_error;

Bytes hex(std::string_view text) {
  Bytes bytes;
  for (std::size_t i = 0; i < text.size(); i += 2)
    bytes.push_back(std::byte(std::stoi(std::string(text.substr(i, 2)), nullptr, 16)));
  return bytes;
}

struct Fill {
  const char* why;
  DataType type;
  const char* bytes;  ///< One element as stored, hexadecimal.
  const char* json;
  friend std::ostream& operator<<(std::ostream& out, const Fill& f) { return out << f.why; }
};

class FillTest : public ::testing::TestWithParam<Fill> {};

TEST_P(FillTest, IsWritten) {
  const Fill& fill = GetParam();
  EXPECT_EQ(dump_json(fill_to_json(fill.type, hex(fill.bytes)), JsonStyle::compact), fill.json);
}

TEST_P(FillTest, IsRead) {
  const Fill& fill = GetParam();
  EXPECT_EQ(fill_from_json(fill.type, parse_json(fill.json)), hex(fill.bytes));
}

const DataType kRow = DataType::structured(
    {Field{"x", DataType::integer(2), {}, 0}, Field{"y", DataType::unsigned_integer(1), {}, 0}});

INSTANTIATE_TEST_SUITE_P(
    Kinds, FillTest,
    ::testing::Values(
        Fill{"True", DataType::boolean(), "01", "true"},
        Fill{"False", DataType::boolean(), "00", "false"},
        Fill{"Int8", DataType::integer(1), "80", "-128"},
        Fill{"Int16", DataType::integer(2), "ffff", "-1"},
        Fill{"Int16Big", DataType::integer(2, ByteOrder::big), "fffe", "-2"},
        Fill{"Int64Least", DataType::integer(8), "0000000000000080", "-9223372036854775808"},
        Fill{"UInt8", DataType::unsigned_integer(1), "ff", "255"},
        Fill{"UInt32Big", DataType::unsigned_integer(4, ByteOrder::big), "00000102", "258"},
        Fill{"UInt64Greatest", DataType::unsigned_integer(8), "ffffffffffffffff",
             "18446744073709551615"},
        Fill{"Datetime", DataType::datetime("ns"), "0100000000000000", "1"},
        Fill{"DatetimeBig", DataType::datetime("D", ByteOrder::big), "ffffffffffffffff", "-1"},
        Fill{"NotATime", DataType::timedelta("s"), "0000000000000080", "-9223372036854775808"},
        Fill{"Half", DataType::floating(2), "003c", "1.0"},
        Fill{"HalfSubnormal", DataType::floating(2), "0100", "5.960464477539063e-08"},
        Fill{"HalfNaN", DataType::floating(2), "007e", "\"NaN\""},
        Fill{"Float", DataType::floating(4), "0000c03f", "1.5"},
        Fill{"FloatBigInfinity", DataType::floating(4, ByteOrder::big), "7f800000", "\"Infinity\""},
        Fill{"DoubleZero", DataType::floating(8), "0000000000000000", "0.0"},
        Fill{"DoubleNegativeZero", DataType::floating(8), "0000000000000080", "-0.0"},
        Fill{"DoubleNaN", DataType::floating(8), "000000000000f87f", "\"NaN\""},
        Fill{"DoubleNegativeInfinity", DataType::floating(8), "000000000000f0ff", "\"-Infinity\""},
        Fill{"LongDouble", DataType::floating(16), "0000000000000080ff3f000000000000", "1.0"},
        Fill{"Complex", DataType::complex(8), "0000803f000000c0", "[1.0,-2.0]"},
        Fill{"ComplexNaN", DataType::complex(16), "000000000000f87f0000000000000000",
             "[\"NaN\",0.0]"},
        Fill{"Bytes", DataType::bytes(5), "6162000000", "\"YWIAAAA=\""},
        Fill{"Opaque", DataType::opaque(2), "ff00", "\"/wA=\""},
        Fill{"Structured", kRow, "010203", "\"AQID\""},
        Fill{"Unicode", DataType::unicode(2), "fc00000000000000", "\"\\u00fc\""},
        Fill{"UnicodeBig", DataType::unicode(1, ByteOrder::big), "00000061", "\"a\""},
        Fill{"UnicodeEmpty", DataType::unicode(1), "00000000", "\"\""},
        Fill{"UnicodeBeyondTheBasicPlane", DataType::unicode(1), "00f60100", "\"\\ud83d\\ude00\""}),
    [](const auto& test) { return test.param.why; });

TEST(Fill, OfNoneIsNull) {
  EXPECT_TRUE(fill_to_json(DataType::integer(4), std::nullopt).is_null());
  EXPECT_FALSE(fill_from_json(DataType::integer(4), nullptr));
}

struct Lenient {
  const char* why;
  DataType type;
  const char* json;
  const char* bytes;
  friend std::ostream& operator<<(std::ostream& out, const Lenient& l) { return out << l.why; }
};

class LenientFillTest : public ::testing::TestWithParam<Lenient> {};

TEST_P(LenientFillTest, IsReadAsZarrPythonReadsIt) {
  const Lenient& fill = GetParam();
  EXPECT_EQ(fill_from_json(fill.type, parse_json(fill.json)), hex(fill.bytes));
}

INSTANTIATE_TEST_SUITE_P(
    Kinds, LenientFillTest,
    ::testing::Values(Lenient{"IntegerAsFloat", DataType::integer(2), "-3.0", "fdff"},
                      Lenient{"IntegerAsBool", DataType::integer(2), "true", "0100"},
                      Lenient{"IntegerAsText", DataType::integer(2), "\"-3\"", "fdff"},
                      Lenient{"FloatAsText", DataType::floating(4), "\"1.0\"", "0000803f"},
                      Lenient{"BoolAsNumber", DataType::boolean(), "1", "01"},
                      Lenient{"FloatAsInteger", DataType::floating(4), "1", "0000803f"},
                      Lenient{"FloatAsBareNaN", DataType::floating(2), "NaN", "007e"},
                      Lenient{"HalfTooLarge", DataType::floating(2), "1e6", "007c"},
                      Lenient{"HalfRoundsToEven", DataType::floating(2), "2049.0", "0068"},
                      Lenient{"ComplexAsNumber", DataType::complex(8), "1.0", "0000803f00000000"},
                      Lenient{"BytesAsZero", DataType::bytes(2), "0", "0000"},
                      Lenient{"BytesAsEmptyText", DataType::bytes(2), "\"\"", "0000"},
                      Lenient{"StructuredAsZero", kRow, "0", "000000"},
                      Lenient{"UnicodeAsZero", DataType::unicode(1), "0", "00000000"}),
    [](const auto& test) { return test.param.why; });

struct BadFill {
  const char* why;
  DataType type;
  const char* json;
  const char* message;
  friend std::ostream& operator<<(std::ostream& out, const BadFill& b) { return out << b.why; }
};

class BadFillTest : public ::testing::TestWithParam<BadFill> {};

TEST_P(BadFillTest, IsRefused) {
  const BadFill& bad = GetParam();
  expect_error(ErrorCode::corrupt_data, bad.message,
               [&] { fill_from_json(bad.type, parse_json(bad.json)); });
}

INSTANTIATE_TEST_SUITE_P(
    Kinds, BadFillTest,
    ::testing::Values(
        BadFill{"BoolText", DataType::boolean(), "\"x\"", "\"x\", not true or false"},
        BadFill{"Int8TooLarge", DataType::integer(1), "128", "128, not a number that fits"},
        BadFill{"Int8TooSmall", DataType::integer(1), "-129", "-129, not a number that fits"},
        BadFill{"UIntNegative", DataType::unsigned_integer(8), "-1", "-1, not a number"},
        BadFill{"UInt16TooLarge", DataType::unsigned_integer(2), "65536", "65536, not a number"},
        BadFill{"Int64TooLarge", DataType::integer(8), "9223372036854775808", "not a number"},
        BadFill{"IntegerFraction", DataType::integer(4), "0.5", "0.5, not a number"},
        BadFill{"IntegerNaN", DataType::integer(4), "NaN", "NaN, not a number"},
        BadFill{"IntegerText", DataType::integer(4), "\"one\"", "\"one\", not a number"},
        BadFill{"FloatOtherText", DataType::floating(8), "\"nan\"", "\"nan\", not a number"},
        BadFill{"FloatList", DataType::floating(8), "[1]", "[1], not a number"},
        BadFill{"ComplexTriple", DataType::complex(8), "[1, 2, 3]", "not a pair of numbers"},
        BadFill{"BytesNoBase64", DataType::bytes(4), "\"***\"", "not base64 of at most 4 bytes"},
        BadFill{"BytesTooLong", DataType::bytes(1), "\"YWJj\"", "not base64 of at most 1 bytes"},
        BadFill{"StructuredObject", kRow, "{}", "not base64 of at most 3 bytes"},
        BadFill{"UnicodeTooLong", DataType::unicode(1), "\"ab\"", "text of at most 1 characters"},
        BadFill{"UnicodeNumber", DataType::unicode(1), "5", "text of at most 1 characters"}),
    [](const auto& test) { return test.param.why; });

TEST(Fill, OfAnotherSizeIsTheCallersMistake) {
  expect_error(ErrorCode::invalid_argument, "a fill value of 3 bytes for <i2, which has 2",
               [] { fill_to_json(DataType::integer(2), Bytes(3)); });
}

TEST(Half, EveryValueComesBack) {
  for (std::uint32_t bits = 0; bits < 0x10000; ++bits) {
    Bytes element(2), back(2);
    put_integer(bits, element);
    const double value = get_floating(element);
    put_floating(value, back);
    if (std::isnan(value)) {
      EXPECT_TRUE(std::isnan(get_floating(back)));
    } else {
      ASSERT_EQ(back, element) << bits;
    }
  }
}

TEST(FillTest, NotATimeCanBeSpelled) {
  EXPECT_EQ(fill_from_json(DataType::datetime("ns"), "NaT"), hex("0000000000000080"));
  EXPECT_EQ(fill_from_json(DataType::timedelta("s", ByteOrder::big), "NaT"),
            hex("8000000000000000"));
  expect_error(ErrorCode::corrupt_data, "member \"fill_value\" is \"2020-01-01\"",
               [] { fill_from_json(DataType::datetime("D"), "2020-01-01"); });
}

}  // namespace
}  // namespace engram::zarr
