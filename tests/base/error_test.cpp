#include "engram/base/error.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>

namespace engram {
namespace {

TEST(ErrorTest, SaysWhatAndEachPlaceItPassed) {
  Error error(ErrorCode::corrupt_data, "chunk has 96 bytes, not 100");
  EXPECT_EQ(error.code(), ErrorCode::corrupt_data);
  EXPECT_STREQ(error.what(), "chunk has 96 bytes, not 100");
  error.at("3.0");
  error.at("/acquisition/es/data");
  EXPECT_STREQ(error.what(), "chunk has 96 bytes, not 100: at 3.0: at /acquisition/es/data");
}

TEST(ErrorTest, ShowsBothEndsOfALongPlace) {
  const std::string longest(2048, 'a');
  Error whole(ErrorCode::corrupt_data, "what");
  whole.at(longest);
  EXPECT_EQ(whole.what(), "what: at " + longest);

  Error cut(ErrorCode::corrupt_data, "what");
  cut.at("/first" + std::string(100'000, 'b') + "/last");
  EXPECT_EQ(cut.what(), "what: at /first" + std::string(1018, 'b') + " ... " +
                            std::string(1019, 'b') + "/last");

  // Characters stay whole: these have three bytes.
  std::string euros;
  while (euros.size() < 3000) euros += "\u20ac";
  Error text(ErrorCode::corrupt_data, "what");
  text.at(euros);
  EXPECT_EQ(text.what(), "what: at " + euros.substr(0, 1023) + " ... " + euros.substr(0, 1023));
}

TEST(ErrorTest, ShowsBothEndsOfALongText) {
  const std::string longest(4096, 'a');
  EXPECT_EQ(Error(ErrorCode::corrupt_data, longest).what(), longest);
  const Error cut(ErrorCode::corrupt_data,
                  "the type \"" + std::string(100'000, 'b') + "\" is unknown");
  EXPECT_EQ(cut.what(), "the type \"" + std::string(2038, 'b') + " ... " + std::string(2036, 'b') +
                            "\" is unknown");
}

TEST(ErrorTest, NamesAndNumbersOfCodesAreStable) {
  const std::pair<ErrorCode, std::string_view> kCodes[] = {
      {ErrorCode::invalid_argument, "invalid_argument"},
      {ErrorCode::not_found, "not_found"},
      {ErrorCode::already_exists, "already_exists"},
      {ErrorCode::corrupt_data, "corrupt_data"},
      {ErrorCode::unsupported, "unsupported"},
      {ErrorCode::limit_exceeded, "limit_exceeded"},
      {ErrorCode::io_error, "io_error"},
      {ErrorCode::cancelled, "cancelled"},
  };
  int number = 2;
  for (const auto& [code, name] : kCodes) {
    EXPECT_EQ(static_cast<int>(code), number++) << name;
    EXPECT_EQ(to_string(code), name);
  }
}

}  // namespace
}  // namespace engram
