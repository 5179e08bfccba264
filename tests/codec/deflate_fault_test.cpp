#include "codec/deflate_fault.hpp"

#include <gtest/gtest.h>

#include <string>

#include "engram/codec/codec.hpp"

namespace engram::codec {
namespace {

Bytes stream_of(const std::string& name) {
  Bytes plain(100'000);
  for (std::size_t i = 0; i < plain.size(); ++i) plain[i] = static_cast<std::byte>(i * i % 251);
  const auto codec = make_codec({name, {{"level", 4}}});
  Bytes out(codec->max_encoded_size(plain.size()));
  out.resize(codec->encode(plain, out, 1));
  return out;
}

struct Fault {
  const char* why;
  const char* codec;
  std::size_t keep;  // Bytes of the stream; 0: all.
  int flip;          // Byte to flip, from the end when negative; 0: none.
  const char* expected;
};

class DeflateFaultTest : public ::testing::TestWithParam<Fault> {};

TEST_P(DeflateFaultTest, SaysWhatIsWrongAndWhere) {
  const auto& fault = GetParam();
  Bytes stream = stream_of(fault.codec);
  if (fault.keep != 0) stream.resize(fault.keep);
  if (fault.flip != 0) {
    const auto at = fault.flip > 0 ? static_cast<std::size_t>(fault.flip)
                                   : stream.size() - static_cast<std::size_t>(-fault.flip);
    stream.at(at) ^= std::byte{0xff};
  }
  EXPECT_NE(deflate_fault(stream, 1 << 20).find(fault.expected), std::string::npos)
      << deflate_fault(stream, 1 << 20);
}

INSTANTIATE_TEST_SUITE_P(
    Faults, DeflateFaultTest,
    ::testing::Values(Fault{"CutShort", "zlib", 50, 0, "it ends after"},
                      Fault{"Empty", "zlib", 1, 0, "it ends after 0 decoded bytes"},
                      Fault{"Checksum", "zlib", 0, -1, "incorrect data check after 100000"},
                      Fault{"GzipChecksum", "gzip", 0, -5, "incorrect data check after 100000"},
                      Fault{"Head", "zlib", 0, 1, "incorrect header check after 0"}),
    [](const auto& fault) { return fault.param.why; });

TEST(DeflateFaultTest, StopsAtTheLimit) {
  const std::string text = deflate_fault(stream_of("zlib"), 1000);
  EXPECT_NE(text.find("after 32768 decoded bytes"), std::string::npos) << text;
}

}  // namespace
}  // namespace engram::codec
