#include "codec/blosc_frame.hpp"

#include <ostream>

#include "codec/fixtures.hpp"
#include "codec/little_endian.hpp"

namespace engram::codec {
namespace {

const CodecConfig kBlosc = {
    "blosc", {{"cname", "zstd"}, {"clevel", 5}, {"shuffle", 1}, {"blocksize", 4096}}};

// c-blosc stores what does not get shorter, and then there are no blocks.
Bytes compressible(std::size_t size) {
  Bytes data = walk(size);
  for (std::size_t i = 0; i < data.size(); ++i)
    if (i % 4096 > 500) data[i] = std::byte{0};
  return data;
}

TEST(BloscFrame, FindsTheBlocksThatCBloscWrote) {
  const Bytes data = compressible(300000);  // Several blocks with each compressor.
  for (const char* cname : {"blosclz", "lz4", "lz4hc", "zlib", "zstd"}) {
    for (const std::uint64_t element_size : {1U, 4U, 16U, 17U, 255U}) {
      CodecConfig config = kBlosc;
      config.configuration["cname"] = cname;
      const Bytes encoded = encode(*make_codec(config), data, element_size);
      const BloscFrame frame = parse_blosc_head(encoded);
      EXPECT_EQ(frame.decoded_size, data.size());
      EXPECT_EQ(frame.element_size, element_size);
      EXPECT_TRUE(frame.shuffled);
      ASSERT_FALSE(frame.memcpyed) << cname << element_size;
      const auto blocks = parse_blosc_blocks(frame, encoded);
      EXPECT_GT(blocks.size(), 1U) << cname << element_size;
      std::size_t decoded = 0;
      for (const BloscBlock& block : blocks) decoded += block.size;
      EXPECT_EQ(decoded, data.size());
      // Nothing lies behind the last stream: the splits were counted as c-blosc counts them.
      const BytesView last = blocks.back().splits.back();
      EXPECT_EQ(last.data() + last.size(), encoded.data() + encoded.size())
          << cname << element_size;
    }
  }
}

TEST(BloscFrame, FramesADeflateStream) {
  const Bytes data = walk(3000);
  Bytes chunk = encode(*make_codec({"zlib", Json::object()}), data, 1);
  const Bytes stream = chunk;
  frame_as_blosc(chunk, 3000, 5, false);
  EXPECT_EQ(Bytes(chunk.begin() + kBloscFramedHead, chunk.end()), stream);
  EXPECT_EQ(decode(*make_codec(kBlosc), chunk, 3000), data);
}

TEST(BloscFrame, FramesStoredBytes) {
  const Bytes data = noise(300);
  Bytes chunk = data;
  frame_as_blosc_memcpy(chunk, 4);
  EXPECT_EQ(chunk.size(), data.size() + kBloscHead);
  EXPECT_EQ(decode(*make_codec(kBlosc), chunk, 300), data);
  chunk = data;
  frame_as_blosc(chunk, 300, 4, false);
  EXPECT_EQ(decode(*make_codec(kBlosc), chunk, 300), data);
}

struct BadFrame {
  const char* why;
  std::size_t offset;
  std::uint32_t value;
  unsigned bytes;
  const char* text;
  ErrorCode code = ErrorCode::corrupt_data;

  friend std::ostream& operator<<(std::ostream& out, const BadFrame& f) { return out << f.why; }
};

class BadFrameTest : public ::testing::TestWithParam<BadFrame> {};

// The frame that they change has 10000 bytes in 3 blocks of 4096 that are not split.
INSTANTIATE_TEST_SUITE_P(
    Heads, BadFrameTest,
    ::testing::Values(BadFrame{"Version0", 0, 0, 1, "version 0", ErrorCode::unsupported},
                      BadFrame{"Version3", 0, 3, 1, "version 3", ErrorCode::unsupported},
                      BadFrame{"Snappy", 2, 0x41, 1, "snappy", ErrorCode::unsupported},
                      BadFrame{"Format5", 2, 0xa1, 1, "inner format 5"},
                      BadFrame{"Memcpyed", 2, 0x23, 1, "stores"},
                      BadFrame{"NoElements", 3, 0, 1, "elements of 0 bytes"},
                      BadFrame{"Decodes0", 4, 0, 4, ""},
                      BadFrame{"DecodesMore", 4, 10001, 4, "expected at most 10000"},
                      BadFrame{"DecodesLess", 4, 9999, 4, ""},
                      BadFrame{"DecodesNegative", 4, 0xfffffff0, 4, "above blosc's limit"},
                      BadFrame{"Block0", 8, 0, 4, "blocks of 0 bytes"},
                      BadFrame{"Block1", 8, 1, 4, "too few for its 10000 blocks"},
                      BadFrame{"BlockMore", 8, 10001, 4, "blocks of 10001 bytes"},
                      BadFrame{"BlockNegative", 8, 0x80000000, 4, "blocks of 2147483648 bytes"},
                      BadFrame{"BlockAll", 8, 10000, 4, ""},
                      BadFrame{"SizeLess", 12, 100, 4, "its head says 100"},
                      BadFrame{"SizeMore", 12, 0x7fffffff, 4, "its head says"},
                      BadFrame{"StartInHead", 16, 15, 4, "lies at 15"},
                      BadFrame{"StartInStarts", 20, 24, 4, "lies at 24"},
                      BadFrame{"StartBehind", 24, 0x7ffffff0, 4, "outside"},
                      BadFrame{"StartNegative", 24, 0xffffffff, 4, "outside"},
                      BadFrame{"StreamEmpty", 28, 0, 4, "stream of 0 bytes"},
                      BadFrame{"StreamLong", 28, 0x7fffffff, 4, "are left"},
                      BadFrame{"StreamNegative", 28, 0xfffffffc, 4, "are left"}),
    [](const auto& p) { return std::string(p.param.why); });

TEST_P(BadFrameTest, IsRefused) {
  const BytesCodecPtr codec = make_codec(kBlosc);
  Bytes frame = encode(*codec, compressible(10000), 2);
  ASSERT_FALSE(parse_blosc_head(frame).memcpyed);
  const BadFrame& bad = GetParam();
  for (unsigned i = 0; i < bad.bytes; ++i)
    frame[bad.offset + i] = static_cast<std::byte>(bad.value >> (8 * i));
  if (bad.offset == 4 && bad.value == 0) {  // A frame of nothing: less than was asked for.
    EXPECT_EQ(decode(*codec, frame, 10000), Bytes());
    return;
  }
  expect_error(bad.code, bad.text, [&] { decode(*codec, frame, 10000); });
}

}  // namespace
}  // namespace engram::codec
