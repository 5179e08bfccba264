#include "zarr/utf32.hpp"

#include <gtest/gtest.h>

#include "engram/base/error.hpp"
#include "testing/expect_error.hpp"
#include "zarr/number.hpp"

namespace engram::zarr {
namespace {

TEST(Utf32, TextComesBack) {
  for (const std::string text :
       {"", "a", "\u00fc", "\u9375", "\U0001F600", "a\u00fc\u9375\U0001F600z"}) {
    Bytes out(32);
    ASSERT_TRUE(put_utf32(text, out)) << text;
    EXPECT_EQ(get_utf32(out), text);
  }
}

TEST(Utf32, OfZerosWithinKeepsThem) {
  const std::string text("a\0b", 3);
  Bytes out(16);
  ASSERT_TRUE(put_utf32(text, out));
  EXPECT_EQ(get_utf32(out), text);
}

TEST(Utf32, TakesNoMoreThanFits) {
  Bytes out(4);
  EXPECT_TRUE(put_utf32("\U0001F600", out));
  EXPECT_FALSE(put_utf32("ab", out));
  EXPECT_FALSE(put_utf32("\xff", out));
}

TEST(Utf32, RefusesWhatIsNoCharacter) {
  for (const std::uint64_t c : {0xd800ULL, 0xdfffULL, 0x110000ULL, 0xffffffffULL}) {
    Bytes element(4);
    put_integer(c, element);
    testing::expect_error(ErrorCode::corrupt_data, "no Unicode character",
                          [&] { get_utf32(element); });
  }
}

TEST(Utf32, CountsCharacters) {
  EXPECT_EQ(count_characters(""), 0U);
  EXPECT_EQ(count_characters("a\u00fc\U0001F600"), 3U);
}

}  // namespace
}  // namespace engram::zarr
