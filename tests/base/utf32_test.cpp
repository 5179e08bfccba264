#include "base/utf32.hpp"

#include <gtest/gtest.h>

#include "engram/base/error.hpp"
#include "testing/expect_error.hpp"

namespace engram {
namespace {

Bytes characters(std::initializer_list<std::uint32_t> numbers) {
  Bytes bytes;
  for (const std::uint32_t number : numbers)
    for (unsigned i = 0; i < 4; ++i) bytes.push_back(std::byte(number >> (8 * i) & 0xffU));
  return bytes;
}

TEST(Utf32, TextComesBack) {
  for (const std::string text :
       {"", "a", "\u00fc", "\u9375", "\U0001F600", "a\u00fc\u9375\U0001F600z"}) {
    Bytes out(32);
    ASSERT_TRUE(put_utf32(text, out)) << text;
    EXPECT_EQ(from_utf32(out, Escapes::refused), text);
    EXPECT_EQ(from_utf32(to_utf32(text), Escapes::refused), text);
    EXPECT_EQ(to_utf32(text).size(), 4 * count_characters(text));
  }
  EXPECT_EQ(to_utf32("a\u9375"), characters({0x61, 0x9375}));
}

TEST(Utf32, OfZerosWithinKeepsThem) {
  const std::string text("a\0b", 3);
  Bytes out(16);
  ASSERT_TRUE(put_utf32(text, out));
  EXPECT_EQ(from_utf32(out, Escapes::refused), text);
}

TEST(Utf32, TakesNoMoreThanFits) {
  Bytes out(4), odd(7);
  EXPECT_TRUE(put_utf32("\U0001F600", out));
  EXPECT_FALSE(put_utf32("ab", out));
  EXPECT_FALSE(put_utf32("\xff", out));
  EXPECT_FALSE(put_utf32("ab", odd));
}

TEST(Utf32, RefusesWhatIsNoCharacter) {
  for (const std::uint32_t c : {0xd800U, 0xdc7fU, 0xdd00U, 0xdfffU, 0x110000U, 0xffffffffU}) {
    for (const Escapes escapes : {Escapes::refused, Escapes::taken})
      testing::expect_error(ErrorCode::corrupt_data, "no Unicode character",
                            [&] { from_utf32(characters({c}), escapes); });
  }
}

TEST(Utf32, BytesThatAreNoTextAreEscaped) {
  const std::string text = "a\x80\xff";
  EXPECT_EQ(to_utf32(text), characters({0x61, 0xdc80, 0xdcff}));
  EXPECT_EQ(from_utf32(to_utf32(text), Escapes::taken), text);
  testing::expect_error(ErrorCode::corrupt_data, "0xdc80",
                        [&] { from_utf32(to_utf32(text), Escapes::refused); });
}

TEST(Utf32, CountsCharacters) {
  EXPECT_EQ(count_characters(""), 0U);
  EXPECT_EQ(count_characters("a\u00fc\U0001F600"), 3U);
}

}  // namespace
}  // namespace engram
