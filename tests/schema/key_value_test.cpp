// How values of primary keys are spelled. The spellings are what DataJoint 2.3.5 makes of the same
// values; tests/interop/test_schema_storage.py asks it itself.
#include "engram/schema/key_value.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <string>

#include "testing/expect_error.hpp"

namespace engram::schema {
namespace {

std::string times(std::size_t count, const std::string& text) {
  std::string all;
  for (std::size_t i = 0; i < count; ++i) all += text;
  return all;
}

struct Spelled {
  const char* why;
  Json value;
  std::string spelling;
  Spelling kind = Spelling::plain;
  friend std::ostream& operator<<(std::ostream& out, const Spelled& s) { return out << s.why; }
};
class KeyValueTest : public ::testing::TestWithParam<Spelled> {};

TEST_P(KeyValueTest, IsSpelledAsInDataJoint) {
  const KeyValue value("name", GetParam().value);
  EXPECT_EQ(value.spelling(), GetParam().spelling);
  EXPECT_EQ(value.part(), "name=" + GetParam().spelling);
  EXPECT_EQ(spelling_name(value.kind()), spelling_name(GetParam().kind));
  if (GetParam().value.is_string() && GetParam().kind != Spelling::cut) {
    EXPECT_EQ(value.text(), GetParam().value.get<std::string>());
  }
  EXPECT_EQ(KeyValue::spelled("name", value.spelling()), value);
}

INSTANTIATE_TEST_SUITE_P(
    Values, KeyValueTest,
    ::testing::Values(
        Spelled{"Integer", 42, "42"}, Spelled{"Negative", -1, "-1"},
        Spelled{"Largest", std::numeric_limits<std::uint64_t>::max(), "18446744073709551615"},
        Spelled{"True", true, "True"}, Spelled{"False", false, "False"},
        Spelled{"Float", 0.1, "0.1"}, Spelled{"WholeFloat", 1.0, "1.0"},
        Spelled{"SmallFloat", 1e-5, "1e-05"}, Spelled{"LargeFloat", 1e16, "1e+16"},
        Spelled{"NotANumber", std::numeric_limits<double>::quiet_NaN(), "nan"},
        Spelled{"Infinite", -std::numeric_limits<double>::infinity(), "-inf"},
        Spelled{"Empty", "", ""}, Spelled{"Word", "M12", "M12"},
        Spelled{"Date", "2024-01-15", "2024-01-15"}, Spelled{"Blank", "a b", "a b"},
        Spelled{"Above", "..", ".."}, Spelled{"Sign", "a=b", "a=b"},
        Spelled{"Percent", "a%b", "a%b"}, Spelled{"LooksEscaped", "a%41", "a%41"},
        Spelled{"LowerCaseEscape", "a%2fb", "a%2fb"}, Spelled{"LineEnd", "a\nb", "a\nb"},
        Spelled{"Umlaut", "\xc3\xbc", "\xc3\xbc"},
        Spelled{"Slash", "a/b", "a%2Fb", Spelling::escaped},
        Spelled{"Backslash", "C:\\x", "C%3A%5Cx", Spelling::escaped},
        Spelled{"AllIsEscaped", "a+b:c d~e", "a%2Bb%3Ac%20d~e", Spelling::escaped},
        Spelled{"UmlautToo", "\xc3\xbc:", "%C3%BC%3A", Spelling::escaped},
        Spelled{"PercentToo", "50%/x", "50%25%2Fx", Spelling::escaped},
        Spelled{"TimeAsText", "2024-01-15 10:30:00", "2024-01-15%2010%3A30%3A00",
                Spelling::escaped},
        Spelled{"LongestWhole", times(100, "x"), times(100, "x")},
        Spelled{"LongestWholeUmlauts", times(100, "\xc3\xbc"), times(100, "\xc3\xbc")},
        Spelled{"LongestEscaped", times(70, "x/").substr(0, 100), times(50, "x%2F"),
                Spelling::escaped},
        Spelled{"Longer", times(101, "x"), times(50, "x") + "_608367d7", Spelling::cut},
        Spelled{"LongerEscaped", times(60, "a/"), times(25, "a%2F") + "_c6d8fb95", Spelling::cut}),
    [](const auto& p) { return p.param.why; });

TEST(KeyValueTest, TextsThatLookTheSame) {
  // DataJoint has one path for both; which of them it was the path does not say.
  EXPECT_EQ(KeyValue("a", "x/y"), KeyValue("a", "x%2Fy"));
  EXPECT_EQ(KeyValue("a", 5), KeyValue("a", "5"));
  EXPECT_EQ(KeyValue("a", times(101, "x")).text(), times(50, "x") + "_608367d7");
}

TEST(KeyValueTest, ForeignSpellings) {
  for (const char* spelling : {"12:30:00", "a*b", "%2F:"}) {
    const KeyValue value = KeyValue::spelled("at", spelling);
    EXPECT_EQ(value.kind(), Spelling::foreign) << spelling;
    EXPECT_EQ(value.text(), spelling);
  }
}

TEST(KeyValueTest, PointsInTime) {
  for (const char* iso : {"2024-01-15T10:30:05", "2024-01-15 10:30:05", "2024-01-15T10:30:05.25",
                          "2024-01-15T10:30:05Z", "2024-01-15T10:30:05.123456+01:00"})
    EXPECT_EQ(KeyValue::datetime("at", iso).part(), "at=2024-01-15T10-30-05") << iso;
  for (const char* text :
       {"", "2024-01-15", "2024-01-15T10:30", "2024-13-15T10:30:05", "2023-02-29T10:30:05",
        "2024-01-15T24:30:05", "2024-01-15T10-30-05", "2024-01-15T10:30:05x",
        "2024-01-15T10:30:05.", "2024-01-15T10:30:05+1:00", "0999-01-15T10:30:05"})
    testing::expect_error(ErrorCode::invalid_argument, "is no point in time",
                          [text] { KeyValue::datetime("at", text); });
}

struct BadPart {
  const char* why;
  std::string name;
  Json value;
  const char* message;
  friend std::ostream& operator<<(std::ostream& out, const BadPart& b) { return out << b.why; }
};
class BadPartTest : public ::testing::TestWithParam<BadPart> {};

TEST_P(BadPartTest, IsRefused) {
  testing::expect_error(ErrorCode::invalid_argument, GetParam().message,
                        [] { KeyValue(GetParam().name, GetParam().value); });
}

INSTANTIATE_TEST_SUITE_P(
    Parts, BadPartTest,
    ::testing::Values(
        BadPart{"NoName", "", 1, "it has an empty name"},
        BadPart{"SlashInName", "a/b", 1, "it has a '/' inside a name"},
        BadPart{"SignInName", "a=b", 1, "it has a '='"},
        BadPart{"EscapeInName", "a%2Fb", 1, "it has a '%'"},
        BadPart{"ControlInName", "a\nb", 1, "it has a control character"},
        BadPart{"Null", "a", nullptr, "null can't be a value of a primary key"},
        BadPart{"List", "a", Json::array({1}), "[1] can't be a value of a primary key"},
        BadPart{"Nul", "a", std::string("x\0y", 3), "it has a NUL"},
        BadPart{"EscapedNul", "a", std::string("x\0:", 3), "its value has a NUL"},
        BadPart{"NoUtf8", "a", "\xff", "it is no UTF-8"},
        BadPart{"TooLong", "a", times(100, "\xf0\x9f\xa7\xa0"), "more than 255 bytes"},
        BadPart{"TooLongWhenEscaped", "a", times(60, "\xf0\x9f\xa7\xa0") + ":",
                "more than 255 bytes"}),
    [](const auto& p) { return p.param.why; });

TEST(KeyValueTest, SpellingsThatCantBe) {
  for (const auto& [spelling, part] :
       {std::pair{"a/b", "'/' inside a name"}, {"a\\b", "'\\'"}, {"%00%3A", "its value has a NUL"}})
    testing::expect_error(ErrorCode::invalid_argument, part,
                          [text = spelling] { KeyValue::spelled("a", text); });
}

}  // namespace
}  // namespace engram::schema
