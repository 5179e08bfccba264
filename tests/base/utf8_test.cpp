#include "engram/base/utf8.hpp"

#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <string_view>

#include "engram/base/bytes.hpp"

namespace engram {
namespace {

struct Case {
  const char* name;
  std::string_view text;
  bool is_valid;
  char32_t first;
  int size;

  friend std::ostream& operator<<(std::ostream& out, const Case& c) { return out << c.name; }
};

const Case kCases[] = {
    {"Ascii", "a", true, 'a', 1},
    {"Nul", std::string_view("\0", 1), true, 0, 1},
    {"TwoBytesFirst", "\xC2\x80", true, 0x80, 2},
    {"TwoBytesLast", "\xDF\xBF", true, 0x7FF, 2},
    {"ThreeBytesFirst", "\xE0\xA0\x80", true, 0x800, 3},
    {"BelowSurrogates", "\xED\x9F\xBF", true, 0xD7FF, 3},
    {"AboveSurrogates", "\xEE\x80\x80", true, 0xE000, 3},
    {"ThreeBytesLast", "\xEF\xBF\xBF", true, 0xFFFF, 3},
    {"FourBytesFirst", "\xF0\x90\x80\x80", true, 0x10000, 4},
    {"FourBytesLast", "\xF4\x8F\xBF\xBF", true, 0x10FFFF, 4},
    {"LoneContinuation", "\x80", false, 0xDC80, 1},
    {"OverlongSlash", "\xC0\xAF", false, 0xDCC0, 1},
    {"OverlongThree", "\xE0\x9F\xBF", false, 0xDCE0, 1},
    {"OverlongFour", "\xF0\x8F\xBF\xBF", false, 0xDCF0, 1},
    {"FirstSurrogate", "\xED\xA0\x80", false, 0xDCED, 1},
    {"LastSurrogate", "\xED\xBF\xBF", false, 0xDCED, 1},
    {"AboveUnicode", "\xF4\x90\x80\x80", false, 0xDCF4, 1},
    {"NoSuchLead", "\xF5\x80\x80\x80", false, 0xDCF5, 1},
    {"Ff", "\xFF", false, 0xDCFF, 1},
    {"CutTwo", "\xC3", false, 0xDCC3, 1},
    {"CutThree", "\xE2\x82", false, 0xDCE2, 1},
    {"CutFour", "\xF0\x9F\x98", false, 0xDCF0, 1},
    {"AsciiInside", "\xE2\x82g", false, 0xDCE2, 1},
};

class Utf8Test : public ::testing::TestWithParam<Case> {};

TEST_P(Utf8Test, FirstCodePoint) {
  const Case& c = GetParam();
  const Utf8Step step = next_code_point(c.text, 0);
  EXPECT_EQ(step.valid, c.is_valid);
  EXPECT_EQ(step.code_point, c.first);
  EXPECT_EQ(step.size, c.size);
}

TEST_P(Utf8Test, IsFoundAtAnyPlaceOfAText) {
  const Case& c = GetParam();
  for (std::size_t before = 0; before < 20; ++before) {
    for (const std::size_t after : {0U, 1U, 20U}) {
      const std::string text =
          std::string(before, 'x').append(c.text).append(std::string(after, 'y'));
      EXPECT_EQ(is_utf8(text), c.is_valid) << before << " before, " << after << " after";
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Texts, Utf8Test, ::testing::ValuesIn(kCases),
                         [](const auto& p) { return std::string(p.param.name); });

TEST(PrintableTest, ShowsWhatAMessageMayHold) {
  EXPECT_EQ(printable(""), "");
  EXPECT_EQ(printable("a\u00b5 \U0001F600"), "a\u00b5 \U0001F600");
  EXPECT_EQ(printable(std::string_view("a\0b\n\x1b[2J\x7f", 9)), "a\\x00b\\x0a\\x1b[2J\\x7f");
  EXPECT_EQ(printable("\u0085"), "\\xc2\\x85");
  EXPECT_EQ(printable("\xe9"), "\\xe9");
  EXPECT_EQ(printable("12345", 5), "12345");
  EXPECT_EQ(printable("123456", 5), "12345...");
  EXPECT_EQ(printable("1234\u00b5", 5), "1234...") << "no half characters";
}

TEST(Utf8EmptyTest, IsValid) { EXPECT_TRUE(is_utf8("")); }

}  // namespace
}  // namespace engram
