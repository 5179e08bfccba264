#include "engram/base/bytes.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <ostream>
#include <string>
#include <utility>

#include "testing/expect_error.hpp"

namespace engram {
namespace {

using testing::expect_error;

constexpr std::uint64_t kMax = std::numeric_limits<std::uint64_t>::max();

TEST(BytesTest, TextAndBack) {
  const std::string text("a\0\xff", 3);
  const Bytes bytes = to_bytes(text);
  ASSERT_EQ(bytes.size(), 3U);
  EXPECT_EQ(bytes[2], std::byte{0xff});
  EXPECT_EQ(as_text(bytes), text);
  EXPECT_EQ(as_bytes(text).size(), 3U);
  EXPECT_EQ(static_cast<const void*>(as_bytes(text).data()), text.data());
  EXPECT_TRUE(to_bytes("").empty());
  EXPECT_EQ(as_text({}), "");
}

TEST(CheckedTest, MultipliesUpTo64Bits) {
  EXPECT_EQ(checked_multiply(0, kMax, "x"), 0U);
  EXPECT_EQ(checked_multiply(kMax, 1, "x"), kMax);
  EXPECT_EQ(checked_multiply(1ULL << 32, (1ULL << 32) - 1, "x"), kMax - (1ULL << 32) + 1);
  expect_error(ErrorCode::limit_exceeded, "chunk size: 4294967296 * 4294967296",
               [] { checked_multiply(1ULL << 32, 1ULL << 32, "chunk size"); });
}

TEST(CheckedTest, AddsUpTo64Bits) {
  EXPECT_EQ(checked_add(kMax - 1, 1, "x"), kMax);
  expect_error(ErrorCode::limit_exceeded, "offset: 1 + 18446744073709551615",
               [] { checked_add(1, kMax, "offset"); });
}

TEST(Base64Test, AsRfc4648HasIt) {
  const std::pair<std::string, std::string> kTexts[] = {
      {"", ""},
      {"f", "Zg=="},
      {"fo", "Zm8="},
      {"foo", "Zm9v"},
      {"foob", "Zm9vYg=="},
      {"fooba", "Zm9vYmE="},
      {"foobar", "Zm9vYmFy"},
      {std::string("\xff\xfe\xfd\0", 4), "//79AA=="},
      {std::string(3, '\xfb'), "+/v7"}};
  for (const auto& [plain, encoded] : kTexts) {
    EXPECT_EQ(to_base64(as_bytes(plain)), encoded);
    EXPECT_EQ(as_text(from_base64(encoded)), plain) << encoded;
  }
}

TEST(Base64Test, AllBytesOfAllLengths) {
  std::string text;
  for (int i = 0; i < 300; ++i) {
    EXPECT_EQ(as_text(from_base64(to_base64(as_bytes(text)))), text);
    text += static_cast<char>(i);
  }
}

TEST(Base64Test, RefusesWhatIsNone) {
  const std::pair<const char*, const char*> kBad[] = {
      {"Z", "1 characters"},       {"Zg=", "3 characters"}, {"Zg", "2 characters"},
      {"Zm9v\n", "5 characters"},  {"Zm 9", "0x20 at 2"},   {"Zm9-", "0x2d at 3"},
      {"Zm9_", "0x5f at 3"},       {"=m9v", "0x3d at 0"},   {"Zg==Zg==", "0x3d at 2"},
      {"Z===", "0x3d at 1"},       {"====", "0x3d at 0"},   {"Zh==", "bits set behind"},
      {"Zm9=", "bits set behind"}, {"Zm9\xff", "0xff at 3"}};
  for (const auto& [text, part] : kBad) {
    SCOPED_TRACE(text);
    expect_error(ErrorCode::corrupt_data, part, [&, text = text] { from_base64(text); });
  }
}

}  // namespace
}  // namespace engram
