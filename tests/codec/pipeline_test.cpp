#include "engram/codec/pipeline.hpp"

#include "codec/fixtures.hpp"

namespace engram::codec {
namespace {

const std::vector<CodecConfig> kHdf5 = {
    {"shuffle", {{"elementsize", 4}}}, {"zlib", {{"level", 4}}}, {"fletcher32", Json::object()}};

TEST(Pipeline, AppliesCodecsInOrder) {
  const Bytes data = walk(4000);
  Bytes by_hand = encode(*make_codec(kHdf5[0]), data, 1);
  by_hand = encode(*make_codec(kHdf5[1]), by_hand, 1);
  by_hand = encode(*make_codec(kHdf5[2]), by_hand, 1);
  const Pipeline pipeline(kHdf5);
  EXPECT_EQ(pipeline.encode(data, 4), by_hand);
  EXPECT_EQ(pipeline.decode(by_hand, data.size()), data);
  EXPECT_LE(by_hand.size(), pipeline.max_encoded_size(data.size()));
  EXPECT_EQ(pipeline.configs(), kHdf5);
}

TEST(Pipeline, WithoutCodecsCopies) {
  const Bytes data = walk(100);
  const Pipeline none({});
  EXPECT_TRUE(none.empty());
  EXPECT_EQ(none.encode(data, 4), data);
  EXPECT_EQ(none.decode(data, data.size()), data);
  expect_error(ErrorCode::corrupt_data, "100 bytes, expected 99", [&] { none.decode(data, 99); });
}

TEST(Pipeline, SkipsWhatTheMaskNames) {
  const Bytes data = walk(4000);
  const Pipeline all(kHdf5);
  for (std::uint32_t mask = 0; mask < 8; ++mask) {
    std::vector<CodecConfig> applied;
    for (std::size_t i = 0; i < kHdf5.size(); ++i)
      if (((mask >> i) & 1U) == 0) applied.push_back(kHdf5[i]);
    const Bytes chunk = Pipeline(applied).encode(data, 4);
    EXPECT_EQ(all.decode(chunk, data.size(), mask), data) << mask;
    EXPECT_EQ(all.decode(chunk, data.size(), mask | 0xfffffff8U), data) << "bits without a codec";
  }
}

TEST(Pipeline, WantsExactlyAsManyBytesAsAsked) {
  const Bytes data = walk(4000);
  for (const std::vector<CodecConfig>& configs :
       {kHdf5, {kHdf5[0]}, {kHdf5[1]}, {kHdf5[2]}, {kHdf5[1], kHdf5[2]}}) {
    const Pipeline pipeline(configs);
    const Bytes chunk = pipeline.encode(data, 4);
    expect_error(ErrorCode::corrupt_data, "", [&] { pipeline.decode(chunk, data.size() - 4); });
    expect_error(ErrorCode::corrupt_data, "", [&] { pipeline.decode(chunk, data.size() + 4); });
  }
}

TEST(Pipeline, DecodesStreamsLongerThanItsOwnEncoderMakes) {
  // Stored blocks of one byte each: five times as long as the data, and good.
  Bytes stream = to_bytes(std::string("\x78\x01", 2));
  const Bytes data = walk(100);
  for (std::size_t i = 0; i < data.size(); ++i)
    for (const int byte :
         {i + 1 == data.size() ? 1 : 0, 1, 0, 0xfe, 0xff, std::to_integer<int>(data[i])})
      stream.push_back(static_cast<std::byte>(byte));
  std::uint32_t a = 1;
  std::uint32_t b = 0;
  for (const std::byte byte : data) {
    a = (a + std::to_integer<std::uint32_t>(byte)) % 65521;
    b = (b + a) % 65521;
  }
  for (const std::uint32_t byte : {b >> 8U, b, a >> 8U, a})
    stream.push_back(static_cast<std::byte>(byte));
  const Bytes chunk = encode(*make_codec(kHdf5[2]), stream, 1);
  EXPECT_EQ(Pipeline({kHdf5[1], kHdf5[2]}).decode(chunk, data.size()), data);
}

TEST(Pipeline, RefusesAnUnknownCodec) {
  expect_error(ErrorCode::unsupported, "hdf5:4", [] { Pipeline({{"hdf5:4", Json::object()}}); });
}

}  // namespace
}  // namespace engram::codec
